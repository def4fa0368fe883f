import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CallId, MemoryId, label, ok } from "@moltbot/contracts";
import type { Conversation, Message, ModelEvent, ModelPort, Result } from "@moltbot/contracts";
import { unzipSync } from "fflate";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, until } from "../../../packages/gateway/src/operations/testing/fake-house.ts";
import { openRealHouse } from "../../../packages/gateway/src/operations/testing/real-house.ts";
import type { RealWish } from "../../../packages/gateway/src/operations/testing/real-house.ts";
import { codeOf, must } from "../../support/attack-house.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;
const open: House[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

const WORD = "quokkaberry";

interface Script {
  /** What the model does before it answers the n-th request; a call of the tool, or words. */
  (request: number, signal: AbortSignal): Promise<"call" | "words">;
}
const scripted = (script: Script): ModelPort => {
  let requests = 0;
  return {
    describe: () => ({ name: "fake", says: "a test's model", demonstration: true, local: true, tools: true }),
    stream: async function* ({ messages }, signal): AsyncIterable<Result<ModelEvent>> {
      requests += 1;
      const does = await script(requests, signal);
      if (does === "call" && messages.at(-1)?.role !== "tool")
        yield ok({ type: "call", call: { id: "m", tool: "note.write", arguments: "{}" } });
      else yield ok({ type: "text", text: `so it is, ${WORD}` });
      yield ok({ type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 });
    },
  };
};
const settle = async (wish: Pick<RealWish, "model" | "run">): Promise<House> => {
  const house = await openRealHouse({ catalog: [manifest("note.write", "write")], ...wish });
  open.push(house);
  return house;
};
const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** The conversation of a house's first turn, once it is there. */
const firstTalk = async (house: House): Promise<Conversation> => {
  const [talk] = must(await house.house.store.conversations.list(house.scope, 10));
  if (talk === undefined) throw new Error("no conversation");
  return talk;
};
const say = (house: House, conversation: Conversation, content: string, wait = false) =>
  house.operations["messages.send"](house.context(), {
    agentId: house.agent.id,
    conversationId: conversation.id,
    content,
    wait,
    blocks: [],
  } as never); // what else a request may hold has defaults at the door
const erase = (house: House, { id }: Pick<Conversation, "id">) =>
  house.operations["privacy.erase"](house.context(), { subject: { kind: "conversation", id }, confirm: id });

/** All that the house would still tell of the word: by every list, every search, every event, its log and its audit log. */
const told = async (house: House): Promise<readonly string[]> => {
  const context = house.context();
  const { operations } = house;
  const answers: Readonly<Record<string, unknown>> = {
    memories: await operations["memories.list"](context, { limit: 100 }),
    found: await house.house.store.memories.search(house.scope, WORD, 10, "public"),
    hits: await operations["search.messages"](context, { query: WORD, limit: 10 }),
    conversations: await operations["conversations.list"](context, { limit: 100 }),
    decisions: await house.house.store.decisions.page(house.scope, {}, null, 100),
    reminders: await house.house.store.reminders.list(house.scope, {}),
    audit: await operations["audit.export"](context, {}),
    listed: await operations["audit.list"](context, { limit: 100 } as never), // the other words have no default
    certificates: await operations["privacy.certificates"](context, {}),
    said: house.said,
  };
  return Object.entries(answers).flatMap(([name, answer]) => (JSON.stringify(answer).includes(WORD) ? [name] : []));
};
const memoriesOf = async (house: House): Promise<number> =>
  must(await house.house.store.memories.list(house.scope, 100)).length;

describe("erasing a conversation that goes on talking", { timeout: 30_000 }, () => {
  it("leaves nothing of a turn that begins while the earlier one is being ended", async () => {
    const seen: { house?: House } = {};
    const state = { second: false, tool: false };
    const house = await settle({
      model: scripted(async (request, signal) => {
        if (request > 1) return "call";
        await aborted(signal);
        // Whoever is at the other end sends one more just now.
        const { house } = seen;
        if (house !== undefined) state.second = (await say(house, await firstTalk(house), `one more ${WORD}`)).ok;
        return "words";
      }),
      run: async (call, signal) => {
        state.tool = true;
        if (signal.aborted) return ok({ text: "-", summary: "-", label: call.label });
        await Promise.race([aborted(signal), new Promise((resolve) => setTimeout(resolve, 1_500))]);
        // What it knows it keeps, as a tool that remembers would.
        const { house } = seen;
        if (house !== undefined)
          await house.house.store.memories.create(house.scope, {
            id: MemoryId.parse(house.house.ids.next(MemoryId)),
            ownerId: house.owner.id,
            agentId: house.agent.id,
            callId: CallId.parse(call.id),
            text: `remember ${WORD}`,
            label: label("authority", [house.owner.id], call.label.sources),
            createdAt: house.house.clock.now(),
          });
        return ok({ text: WORD, summary: WORD, label: call.label });
      },
    });
    seen.house = house;
    await house.begin();
    await until(async () => (await firstTalk(house)).id !== undefined);
    const talk = await firstTalk(house);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const certificate = must(await erase(house, talk));
    expect(state.second).toBe(true);
    expect(certificate.subject.id).toBe(talk.id);
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    expect(await memoriesOf(house)).toBe(0);
    expect(await told(house)).toEqual([]);
    expect(must(await house.house.store.turns.open(house.scope))).toEqual([]);
    expect(codeOf(await say(house, talk, "hello?"))).toMatch(/NOT_FOUND/);
  });

  it("names a copy of the keyring that was made between the question and the end of the keys", async () => {
    const seen: { house?: House } = {};
    let file = "";
    const house = await settle({
      model: scripted(async (_request, signal) => {
        await aborted(signal);
        const { house } = seen;
        if (house === undefined) return "words";
        file = must(await house.operations["backups.create"](house.context(), { kind: "keyring" })).file;
        return "words";
      }),
    });
    seen.house = house;
    await house.begin();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const certificate = must(await erase(house, await firstTalk(house)));
    expect(file).not.toBe("");
    expect(certificate.outOfReach.map(({ where }) => where)).toContain(file);
  });

  it("is one erasure with one certificate for however many ask at once, and a second one finds nothing", async () => {
    const house = await settle({ model: scripted(async () => "words") });
    await house.begin();
    const talk = await firstTalk(house);
    const answers = await Promise.all(Array.from({ length: 5 }, () => erase(house, talk)));
    expect(answers.map(codeOf).toSorted()).toEqual(["NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "ok"]);
    expect(must(await house.operations["privacy.certificates"](house.context(), {}))).toHaveLength(1);
    expect(must(await house.house.audit.verify()).ok).toBe(true);
  });

  it("lets no file, message, search or export that comes at the same moment bring anything back", async () => {
    const house = await settle({ model: scripted(async () => "words") });
    await house.begin();
    const talk = await firstTalk(house);
    const context = house.context();
    const { operations } = house;
    const subject = { kind: "conversation", id: talk.id } as const;
    const content = Buffer.from(WORD).toString("base64");
    const attach = (name: string) =>
      operations["attachments.create"](context, {
        conversationId: talk.id,
        name,
        mediaType: "text/plain",
        content: Buffer.concat([Buffer.from(content), Buffer.from(name)]).toString("base64"),
      });
    must(await attach("before.txt"));
    const [erased, ...others] = await Promise.all([
      erase(house, talk),
      ...Array.from({ length: 10 }, (_, n) => attach(`${String(n)}.txt`)),
      ...Array.from({ length: 10 }, (_, n) => say(house, talk, `${WORD} ${String(n)}`)),
      operations["privacy.export"](context, { subject }),
      operations["backups.create"](context, { kind: "backup" }),
      operations["search.messages"](context, { query: WORD, limit: 10 }),
    ]);
    expect(codeOf(erased)).toBe("ok");
    // Whatever it was told: no answer is a fault of ours.
    for (const other of others)
      expect(codeOf(other)).toMatch(/^(ok|NOT_FOUND|CONVERSATION_NOT_FOUND|CONTENT_UNREADABLE|CONFLICT)$/);
    await until(async () => must(await house.house.store.turns.open(house.scope)).length === 0);
    expect(await told(house)).toEqual([]);
    expect(codeOf(await operations["attachments.list"](context, { conversationId: talk.id }))).toBe("NOT_FOUND");
    expect(codeOf(await operations["privacy.export"](context, { subject }))).toBe("NOT_FOUND");
    // What a file lies in after all is nobody's: its conversation's key is gone.
    expect(must(await house.house.store.attachments.total(house.scope))).toBe(0);
    expect(must(await house.house.audit.verify()).ok).toBe(true);
  });
});

describe("an archive of what is kept", { timeout: 30_000 }, () => {
  it("unpacks into its own folder, whatever files and conversations are called", async () => {
    const house = await settle({ model: scripted(async () => "words") });
    await house.begin();
    const talk = await firstTalk(house);
    const names = [
      "../../etc/passwd",
      "..\\..\\windows\\system32",
      "/absolute",
      "C:\\boot.ini",
      "a/b/c",
      "..",
      ".",
      "__proto__",
      "con.txt",
      "nul",
      "x".repeat(255),
      `${"y".repeat(119)}.b`,
      "semi;rm -rf ~;$(id)`id`",
      "ünïcode …",
      "trailing. ",
      "漢".repeat(255),
    ];
    const refused = ["a\u202egnp.exe", "line\nbreak", "nul\u0000byte", "zero\u200bwidth", "\ud800"];
    let nth = 0;
    const attach = (name: string) =>
      house.operations["attachments.create"](house.context(), {
        conversationId: talk.id,
        name,
        mediaType: "text/plain",
        content: Buffer.from(String((nth += 1))).toString("base64"),
      });
    for (const name of names) expect([name, codeOf(await attach(name))]).toEqual([name, "ok"]);
    for (const name of refused) expect([name, codeOf(await attach(name))]).toEqual([name, "REQUEST_INVALID"]);
    const subject = { kind: "conversation", id: talk.id } as const;
    const archive = must(await house.operations["privacy.export"](house.context(), { subject }));
    const files = Object.keys(unzipSync(Buffer.from(archive.content, "base64")));
    expect(files.filter((file) => file.startsWith("attachments/"))).toHaveLength(names.length);
    for (const file of files) {
      const parts = file.split("/");
      expect(parts.length).toBeLessThanOrEqual(3);
      for (const part of parts) {
        expect([part, /^[. ]|[. ]$|[\\/:*?"<>|\p{Cc}\p{Cf}\p{Cs}]/u.test(part)]).toEqual([part, false]);
        expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
      }
    }
  });
});

describe("the files of a house", () => {
  it("hold nothing of a conversation that was erased but what the list of erasures says", async () => {
    const house = await settle({ model: scripted(async () => "words") });
    await house.begin();
    const talk = await firstTalk(house);
    const context = house.context();
    must(
      await house.operations["attachments.create"](context, {
        conversationId: talk.id,
        name: "a.txt",
        mediaType: "text/plain",
        content: "eA==",
      }),
    );
    const messages: readonly Message[] = must(
      await house.house.store.conversations.messages(house.scope, talk.id, null, 10),
    );
    must(await erase(house, talk));
    const left = readdirSync(join(house.root, "home", "attachments"), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
    for (const { id } of messages)
      expect(codeOf(await house.house.store.conversations.message(house.scope, id))).toBe("NOT_FOUND");
  });
});
