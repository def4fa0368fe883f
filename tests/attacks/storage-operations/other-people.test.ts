import { AttachmentId, ConversationId, JobId, PrincipalId, ScheduleId, TenantId } from "@moltbot/contracts";
import type { OperationInput, Principal } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRealHouse } from "../../../packages/gateway/src/operations/testing/real-house.ts";
import { codeOf, must } from "../../support/attack-house.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;

const WORD = "wombatquince";

describe("another person", { timeout: 30_000 }, () => {
  let house: House;
  let talk: ConversationId;
  let file: AttachmentId;
  let job: JobId;
  let schedule: ScheduleId;
  let people: readonly (readonly [string, Principal])[];

  beforeAll(async () => {
    house = await openRealHouse({ catalog: [] });
    await house.begin();
    const { store, ids, clock } = house.house;
    const [conversation] = must(await store.conversations.list(house.scope, 1));
    if (conversation === undefined) throw new Error("no conversation");
    talk = conversation.id;
    const context = house.context();
    file = must(
      await house.operations["attachments.create"](context, {
        conversationId: talk,
        name: `${WORD}.txt`,
        mediaType: "text/plain",
        content: Buffer.from(WORD).toString("base64"),
      }),
    ).id;
    const wish = { kind: "mail:fetch", payload: { WORD }, runAt: clock.now(), mostAttempts: 1, key: null };
    job = must(await store.jobs.enqueue(house.scope, { id: ids.next(JobId), ...wish })).job.id;
    const [lease] = must(await store.jobs.claim(["mail:fetch"], clock.now(), clock.now(), 1));
    if (lease !== undefined) must(await store.jobs.fail(lease, "TOOL_FAILED", null));
    schedule = must(
      await store.schedules.put(house.scope, {
        id: ids.next(ScheduleId),
        tenantId: house.owner.tenantId,
        ownerId: house.owner.id,
        name: WORD,
        cron: "0 0 * * *",
        timeZone: "UTC",
        kind: "mail:fetch",
        payload: {},
        missed: "skip",
        active: true,
        nextAt: null,
        createdAt: clock.now(),
      }),
    ).id;
    must(await house.operations["backups.create"](context, { kind: "keyring" }));
    const somebody = (role: Principal["role"], tenantId = house.owner.tenantId): Principal => ({
      id: ids.next(PrincipalId),
      tenantId,
      kind: "person",
      name: "Eve",
      role,
    });
    const elsewhere = ids.next(TenantId);
    const all = [somebody("member"), somebody("viewer"), somebody("owner", elsewhere), somebody("member", elsewhere)];
    for (const each of all) must(await store.identity.createPerson(each));
    const [member, viewer, stranger, guest] = all;
    if (member === undefined || viewer === undefined || stranger === undefined || guest === undefined)
      throw new Error("there are four");
    people = [
      ["a member of the house", member],
      ["a viewer of the house", viewer],
      ["an owner of another house", stranger],
      ["a member of another house", guest],
      ["the owner's id in another house", { ...house.owner, tenantId: elsewhere }],
    ];
  });
  afterAll(() => house.close());

  it("reaches nothing by any id, and changes nothing", async () => {
    const { operations } = house;
    const { owner } = house;
    const rows = async (): Promise<string> =>
      JSON.stringify([
        must(await operations["attachments.list"](house.context(), { conversationId: talk })),
        must(await operations["jobs.list"](house.context(), { state: "all", limit: 50 })),
        must(await operations["schedules.list"](house.context(), {})),
        must(await operations["privacy.certificates"](house.context(), {})),
        must(await operations["backups.list"](house.context(), {})),
        must(await operations["conversations.list"](house.context(), { limit: 50 })),
      ]);
    const before = await rows();
    for (const [who, principal] of people) {
      const context = house.context({ principal });
      const conversation = { kind: "conversation", id: talk } as const;
      const person = { kind: "person", id: owner.id } as const;
      const refused = [
        await operations["attachments.create"](context, {
          conversationId: talk,
          name: "planted",
          mediaType: "text/plain",
          content: "eA==",
        }),
        await operations["attachments.list"](context, { conversationId: talk }),
        await operations["attachments.get"](context, { attachmentId: file }),
        await operations["attachments.remove"](context, { attachmentId: file }),
        await operations["privacy.export"](context, { subject: conversation }),
        await operations["privacy.export"](context, { subject: person }),
        await operations["privacy.erase"](context, { subject: conversation, confirm: talk }),
        await operations["privacy.erase"](context, { subject: person, confirm: owner.id }),
        await operations["jobs.retry"](context, { jobId: job }),
        await operations["schedules.firings"](context, { scheduleId: schedule, limit: 10 }),
      ];
      expect([who, refused.map(codeOf)]).toEqual([who, refused.map(() => "NOT_FOUND")]);
      const told = [
        await operations["search.messages"](context, { query: "do it", limit: 20 }),
        await operations["search.messages"](context, { query: "do it", limit: 20, conversationId: talk }),
        await operations["jobs.list"](context, { state: "all", limit: 50 }),
        await operations["schedules.list"](context, {}),
        await operations["outbox.list"](context, { state: "all", limit: 50 }),
      ];
      const text = JSON.stringify(told);
      for (const secret of [WORD, talk, file, job, schedule, owner.id])
        expect([who, secret, text.includes(secret)]).toEqual([who, secret, false]);
    }
    expect(await rows()).toBe(before);
  });

  it("of another house sees none of its copies and certificates", async () => {
    for (const [who, principal] of people.slice(2)) {
      const context = house.context({ principal });
      expect([who, must(await house.operations["backups.list"](context, {}))]).toEqual([who, []]);
      expect([who, must(await house.operations["privacy.certificates"](context, {}))]).toEqual([who, []]);
    }
  });

  it("imports nothing into what is somebody else's, though the keys are the same", async () => {
    const batch: OperationInput<"imports.take"> = {
      from: "openclaw",
      agents: [{ key: "main", name: "Claw" }],
      conversations: [
        {
          key: "talk",
          agent: "main",
          title: "t",
          messages: [{ role: "user", text: "mine", at: house.house.clock.now() }],
        },
      ],
      memories: [{ key: "m", agent: "main", text: "mine alone", at: house.house.clock.now() }],
      dryRun: false,
    };
    const mine = must(await house.operations["imports.take"](house.context(), batch));
    const [, eve] = people[0] ?? [];
    if (eve === undefined) throw new Error("nobody");
    const theirs = must(await house.operations["imports.take"](house.context({ principal: eve }), batch));
    // Nobody learns by an import what somebody else has.
    expect(theirs).toEqual(mine);
    const list = must(await house.operations["memories.list"](house.context(), { limit: 50 }));
    expect(list.filter(({ text }) => text === "mine alone")).toHaveLength(1);
  });
});

describe("an import that was erased", () => {
  it("does not come back by the same import", async () => {
    const house = await openRealHouse({ catalog: [] });
    try {
      const at = house.house.clock.now();
      const batch: OperationInput<"imports.take"> = {
        from: "openclaw",
        agents: [{ key: "main", name: "Claw" }],
        conversations: [
          { key: "talk", agent: "main", title: WORD, messages: [{ role: "user", text: `${WORD} here`, at }] },
        ],
        memories: [{ key: "m", agent: "main", text: `${WORD} remembered`, at }],
        dryRun: false,
      };
      const context = house.context();
      const { operations } = house;
      must(await operations["imports.take"](context, batch));
      const hits = must(await operations["search.messages"](context, { query: WORD, limit: 10 })).hits;
      const id = hits[0]?.conversationId;
      if (id === undefined) throw new Error("it was not imported");
      const [memory] = must(await operations["memories.list"](context, { limit: 10 }));
      if (memory === undefined) throw new Error("it was not imported");
      expect(memory.label.integrity).toBe("untrusted");
      must(await operations["privacy.erase"](context, { subject: { kind: "conversation", id }, confirm: id }));
      must(await operations["memories.remove"](context, { memoryId: memory.id }));
      const again = await operations["imports.take"](context, batch);
      expect(codeOf(again)).toBe("ok");
      expect(must(await operations["search.messages"](context, { query: WORD, limit: 10 })).hits).toEqual([]);
      expect(must(await operations["memories.list"](context, { limit: 10 }))).toEqual([]);
      expect(
        codeOf(await operations["conversations.messages"](context, { conversationId: id, limit: 5 } as never)),
      ).toMatch(/NOT_FOUND/); // other words have defaults
    } finally {
      await house.close();
    }
  });
});
