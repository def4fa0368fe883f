import { AgentId, OPERATIONS, OPERATION_NAMES, PluginName, TokenId, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, OperationHandlers, OperationName, RequestContext } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { LOOSENING, atTheMachine } from "./loosening.ts";
import { OWNER, at, idOf, manifest, model, until } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";
import { TOKEN_WISH } from "./testing/token-wish.ts";

/** Reads that hand out so much at once that they are judged like a change. */
const JUDGED_READS: readonly OperationName[] = ["privacy.export"];
const CHANGES = OPERATION_NAMES.filter((name) => OPERATIONS[name].effect !== "read" || JUDGED_READS.includes(name));

/** What needs the machine itself, in its own words here, so that a slip in the table shows. */
const AT_THE_MACHINE: readonly OperationName[] = [
  "agents.create",
  "capabilities.grant",
  "agents.reading",
  "agents.tools",
  "contacts.add",
  "policy.set",
  "tokens.create",
  "links.create",
  "devices.invite",
  "people.invite",
  "people.link",
  "people.change",
  "people.transfer",
  "roles.change",
  "teams.create",
  "teams.change",
  "teams.remove",
  "shares.set",
  "shares.remove",
  "config.set",
  "secrets.set",
  "plugins.install",
  "plugins.accept",
  "plugins.change",
  "skills.install",
  "skills.change",
  "signers.trust",
  "vault.passphrase",
  "vault.recovery",
  "vault.rotate",
  "privacy.export",
  "privacy.erase",
  "backups.create",
  "imports.take",
  "models.connect",
  "models.connected",
  "system.resume",
];

describe("every operation that changes something", () => {
  it.each(CHANGES)("%s is judged to loosen or not, with a reason", (name) => {
    expect(LOOSENING[name]?.because).toMatch(/^[A-Z].{10,}\.$/);
  });

  it("is judged once: nothing else is in the table, and what loosens is known", () => {
    expect(Object.keys(LOOSENING).toSorted()).toEqual(CHANGES.toSorted());
    expect(CHANGES.filter((name) => LOOSENING[name]?.loosens !== false)).toEqual(AT_THE_MACHINE);
  });
});

const saying = (words: RegExp): unknown => expect.stringMatching(words);

/** Handlers that only say that they were reached, behind the wrapper. */
const doors = (
  wish: { readonly stepUp?: boolean; readonly table?: typeof LOOSENING; readonly mute?: boolean } = {},
) => {
  const recorded: AuditEvent[] = [];
  const reached: string[] = [];
  const audit = {
    record: async (event: AuditEvent) => {
      if (wish.mute === true) return err(moltbotError("AUDIT_UNWRITABLE"));
      recorded.push(event);
      return ok({ sequence: 0, at: at(0), ...event, commitments: {} });
    },
  };
  const operations = atTheMachine<
    Pick<OperationHandlers, "audit.export" | "tokens.revoke" | "links.create" | "system.resume">
  >(
    { audit, stepUp: () => wish.stepUp ?? true },
    {
      "audit.export": async () => {
        reached.push("audit.export");
        return err(moltbotError("NOT_STOPPED"));
      },
      "tokens.revoke": async () => {
        reached.push("tokens.revoke");
        return ok({});
      },
      "links.create": async () => {
        reached.push("links.create");
        return ok({ url: "u", expiresAt: at(0) });
      },
      "system.resume": async (_context, { grants }) => {
        reached.push(`system.resume ${grants}`);
        return err(moltbotError("NOT_STOPPED"));
      },
    },
    wish.table,
  );
  return { operations, reached, recorded };
};
const from = (surface: RequestContext["surface"]): RequestContext => ({
  principal: OWNER,
  traceId: "t",
  surface,
  signal: new AbortController().signal,
});

describe("with approvals.stepUp on", () => {
  it.each(["token", "session", "none"] as const)(
    "what loosens is refused away from the machine (%s), on record",
    async (surface) => {
      const { operations, reached, recorded } = doors();
      const refused = await operations["links.create"](from(surface), {});
      expect(refused).toMatchObject({
        ok: false,
        error: {
          code: "STEP_UP_REQUIRED",
          context: { problem: saying(/links\.create.*at the machine/) },
        },
      });
      expect(reached).toEqual([]);
      expect(recorded).toEqual([
        {
          event: "operation:refused",
          actor: OWNER.id,
          fields: { operation: "links.create", surface, code: "STEP_UP_REQUIRED" },
        },
      ]);
    },
  );

  it("what loosens is done at the machine, and all else anywhere", async () => {
    const { operations, reached } = doors();
    await operations["links.create"](from("local"), {});
    await operations["audit.export"](from("token"), {});
    await operations["tokens.revoke"](from("token"), { tokenId: idOf(TokenId, 7) });
    expect(reached).toEqual(["links.create", "audit.export", "tokens.revoke"]);
  });

  it("going on after a stop loosens unless it brings nothing back", async () => {
    const { operations, reached } = doors();
    for (const grants of ["all", "starting", "none"] as const)
      await operations["system.resume"](from("token"), { grants });
    expect(reached).toEqual(["system.resume none"]);
  });

  it("a plugin that is given to an agent loosens; to take it from all, to stop it or to throw its update away does not", () => {
    const { loosens } = LOOSENING["plugins.change"] ?? {};
    if (typeof loosens !== "function") throw new Error("it is judged by what is wished");
    const change = { name: PluginName.parse("weather"), refuse: false };
    expect(loosens({ ...change, agents: [idOf(AgentId, 1)] })).toBe(true);
    expect(loosens({ ...change, agents: [] })).toBe(false);
    expect(loosens({ ...change, enabled: false, refuse: true })).toBe(false);
  });

  it("an operation that nobody has judged loosens, unless it only reads", async () => {
    const { operations, reached } = doors({ table: {} });
    expect(await operations["tokens.revoke"](from("token"), { tokenId: idOf(TokenId, 7) })).toMatchObject({
      ok: false,
    });
    await operations["audit.export"](from("token"), {});
    expect(reached).toEqual(["audit.export"]);
  });

  it("a refusal that cannot be recorded is refused for that reason", async () => {
    const { operations, reached } = doors({ mute: true });
    expect(await operations["links.create"](from("token"), {})).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect(reached).toEqual([]);
  });
});

describe("with approvals.stepUp off", () => {
  it("everything is done from anywhere", async () => {
    const { operations, reached } = doors({ stepUp: false });
    await operations["links.create"](from("token"), {});
    expect(reached).toEqual(["links.create"]);
  });
});

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;
const open: RealHouse[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

const PAY = manifest("bank.pay", "commit", { permissions: ["money:spend"], undo: "irreversible" });

/** A house that asks for proofs and in which one payment waits; the thief holds an owner's token and nothing else. */
const robbed = async () => {
  const paid: string[] = [];
  const house = await openRealHouse({
    catalog: [PAY],
    model: model(undefined, "bank.pay"),
    run: async (call) => {
      paid.push(call.tool);
      return ok({ text: "did it", summary: "did it", label: call.label });
    },
  });
  open.push(house);
  const token = await house.operations["tokens.create"](house.context(), TOKEN_WISH);
  const who = token.ok ? await house.identity.byToken(token.value.token, "10.0.0.9") : token;
  if (!who.ok) throw new Error(who.error.code);
  const on = await house.operations["config.set"](house.context(), { key: "approvals.stepUp", value: true });
  if (!on.ok) throw new Error(on.error.code);
  const turnId = await house.begin();
  await until(async () => (await house.turn(turnId)).state === "waiting");
  const [approvalId] = (await house.turn(turnId)).waitingFor;
  if (approvalId === undefined) throw new Error("it asks");
  const { principal } = who.value;
  const thief = () => house.context({ principal, surface: "token" });
  const answer = (proof: string) =>
    house.operations["approvals.answer"](thief(), { approvalId, answer: "allow", scope: "once", proof });
  return { house, paid, turnId, thief, answer, principal, approvalId };
};
const codeFrom = (url: string): string => url.split("code=")[1] ?? "";

/** A token of a program that passes on what others wrote. */
const passingOn = (integrity: "authority" | "untrusted"): RequestContext => ({
  ...from("token"),
  proof: { kind: "token", id: idOf(TokenId, 9), strong: false, at: at(0), scopes: null, integrity },
});

describe("a token that is for less than its person", () => {
  const lesser = (role: "member" | "owner", personRole: "owner"): RequestContext => {
    const { proof, ...context } = passingOn("authority");
    return {
      ...context,
      principal: { ...OWNER, role },
      ...(proof === undefined ? {} : { proof: { ...proof, personRole } }),
    };
  };

  it("decides nothing for them, on record", async () => {
    const { operations, reached, recorded } = doors({ stepUp: false });
    const refused = await operations["system.resume"](lesser("member", "owner"), { grants: "none" });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: "ROLE_INSUFFICIENT", context: { required: "owner", role: "member" } },
    });
    expect(reached).toEqual([]);
    expect(recorded).toMatchObject([{ event: "operation:refused", fields: { operation: "system.resume" } }]);
  });

  it("reads, and ends what lets it in", async () => {
    const { operations, reached } = doors({ stepUp: false });
    await operations["audit.export"](lesser("member", "owner"), {});
    await operations["tokens.revoke"](lesser("member", "owner"), { tokenId: idOf(TokenId, 7) });
    expect(reached).toEqual(["audit.export", "tokens.revoke"]);
  });

  it("unplug: with all of the role of its person it decides", async () => {
    const { operations, reached } = doors({ stepUp: false });
    await operations["system.resume"](lesser("owner", "owner"), { grants: "none" });
    expect(reached).toEqual(["system.resume none"]);
  });
});

describe("a token that passes on what others wrote", () => {
  it.each(["links.create", "system.resume"] as const)("commits nothing: %s is refused, on record", async (name) => {
    const { operations, reached, recorded } = doors({ stepUp: false });
    const call = operations[name] as (context: RequestContext, input: unknown) => Promise<unknown>; // with the input of its own name
    const refused = await call(passingOn("untrusted"), name === "system.resume" ? { grants: "none" } : {});
    expect(refused).toMatchObject({ ok: false, error: { code: "SCOPE_INSUFFICIENT", context: { operation: name } } });
    expect(reached).toEqual([]);
    expect(recorded).toMatchObject([{ event: "operation:refused", fields: { operation: name } }]);
  });

  it("reads, and takes away", async () => {
    const { operations, reached } = doors({ stepUp: false });
    await operations["audit.export"](passingOn("untrusted"), {});
    await operations["tokens.revoke"](passingOn("untrusted"), { tokenId: idOf(TokenId, 7) });
    expect(reached).toEqual(["audit.export", "tokens.revoke"]);
  });

  it("unplug: were its words the person's own, it would make a way in", async () => {
    const { operations, reached } = doors({ stepUp: false });
    await operations["links.create"](passingOn("authority"), {});
    expect(reached).toEqual(["links.create"]);
  });

  it("says no yes to a payment that waits", async () => {
    const { house, paid, turnId, principal, approvalId } = await robbed();
    await house.operations["config.set"](house.context(), { key: "approvals.stepUp", value: false });
    const proof = passingOn("untrusted").proof;
    const context = { ...house.context({ principal, surface: "token" }), ...(proof === undefined ? {} : { proof }) };
    const answered = await house.operations["approvals.answer"](context, {
      approvalId,
      answer: "allow",
      scope: "once",
    });
    expect(answered).toMatchObject({ error: { code: "SCOPE_INSUFFICIENT" } });
    expect((await house.turn(turnId)).state).toBe("waiting");
    expect(paid).toEqual([]);
  });
});

describe("whoever stole a token", () => {
  it("cannot make the proof that the token lacks, and nothing is paid", async () => {
    const { house, paid, turnId, thief, answer, principal } = await robbed();
    expect(await house.operations["links.create"](thief(), {})).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    // Made with the token before proofs were asked for, or by a listener that forgot the wrapper.
    const weak = await house.identity.createSignInCode(principal, { strong: false });
    if (!weak.ok) throw new Error(weak.error.code);
    expect(await answer(weak.value.code)).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    expect((await house.turn(turnId)).state).toBe("waiting");
    expect(paid).toEqual([]);
  });

  it("is not the owner, whose code from the machine itself counts", async () => {
    const { house, paid, turnId, answer } = await robbed();
    const link = await house.operations["links.create"](house.context(), {});
    if (!link.ok) throw new Error(link.error.code);
    expect(await answer(codeFrom(link.value.url))).toMatchObject({ ok: true });
    await until(async () => (await house.turn(turnId)).end !== null);
    expect(paid).toEqual(["bank.pay"]);
  });

  it("makes weak codes alone while proofs are not asked for, and they prove nothing once they are", async () => {
    const { house, paid, thief, answer } = await robbed();
    await house.operations["config.set"](house.context(), { key: "approvals.stepUp", value: false });
    const link = await house.operations["links.create"](thief(), {});
    if (!link.ok) throw new Error(link.error.code);
    await house.operations["config.set"](house.context(), { key: "approvals.stepUp", value: true });
    expect(await answer(codeFrom(link.value.url))).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    expect(paid).toEqual([]);
  });

  it("loosens nothing: no grant, no policy, no setting, no token, no secret, no agent, no going on", async () => {
    const { house, thief } = await robbed();
    const { operations } = house;
    await operations["policy.set"](house.context(), { text: "forbid(principal, action, resource);" });
    const before = await house.capabilities();
    const version = house.policy.overlay().version;
    const attempts = [
      await operations["capabilities.grant"](thief(), {
        holder: house.agent.id,
        tool: PAY.name,
        constraints: [],
        release: [],
        rights: ["use"],
        expires: "never",
        reason: "x",
      }),
      await operations["policy.set"](thief(), { text: "" }),
      await operations["config.set"](thief(), { key: "approvals.stepUp", value: false }),
      await operations["tokens.create"](thief(), { ...TOKEN_WISH, name: "y" }),
      await operations["secrets.set"](thief(), { name: "y", value: "v", hosts: ["evil.example"], of: "me" }),
      await operations["agents.create"](thief(), { name: "y", model: "default" }),
    ];
    expect(attempts.map((result) => (result.ok ? "ok" : result.error.code))).toEqual(
      attempts.map(() => "STEP_UP_REQUIRED"),
    );
    expect(await house.capabilities()).toEqual(before);
    expect(house.policy.overlay().version).toBe(version);
    expect(await operations["tokens.list"](house.context(), {})).toMatchObject({ value: [{ name: "script" }] });
    expect(await operations["agents.list"](house.context(), {})).toMatchObject({ value: [{ id: house.agent.id }] });

    expect(await operations["system.stop"](thief(), {})).toMatchObject({ ok: true });
    expect(await operations["system.resume"](thief(), { grants: "all" })).toMatchObject({
      error: { code: "STEP_UP_REQUIRED" },
    });
    expect(await house.currentStop()).not.toBeNull();
    expect(await operations["system.resume"](thief(), { grants: "none" })).toMatchObject({ ok: true });
  });

  it("unplug: with a table in which nothing loosens, the token makes a way in and its own proof of it", async () => {
    const { house, thief } = await robbed();
    const unjudged = atTheMachine<Pick<OperationHandlers, "links.create">>(
      { audit: house.house.audit, stepUp: () => true },
      {
        "links.create": async ({ principal }) => {
          const made = await house.identity.createSignInCode(principal, { strong: true });
          return made.ok ? ok({ url: `u#code=${made.value.code}`, expiresAt: made.value.expiresAt }) : made;
        },
      },
      { "links.create": { loosens: false, because: "Unplugged." } },
    );
    const link = await unjudged["links.create"](thief(), {});
    if (!link.ok) throw new Error(link.error.code);
    expect(await house.identity.prove(house.owner, codeFrom(link.value.url))).toMatchObject({ ok: true });
  });
});
