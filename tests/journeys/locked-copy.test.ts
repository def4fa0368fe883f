import { cpSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { ConversationId } from "@moltbot/contracts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { newPlace, settingsFor, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";

/** One word for each place that a person can put one. */
const WORDS = {
  title: "zebraquartz",
  message: "mulberrykiln",
  reply: "lanternmoss",
  memory: "saffronowl",
  reminder: "copperdune",
  agent: "velvetheron",
  token: "amberfjord",
  contact: "cinderwillow",
  address: "thistlecomet",
  attachmentName: "garnetpeony",
  attachment: "nimbusplover",
  limit: "obsidianfinch",
  secret: "juniperglyph",
  secretHost: "marblesparrow",
} as const;
const ALL = Object.values(WORDS);

/** What nobody sealed because a person edits it by hand; docs/security/at-rest.md says so. */
const BY_HAND = /(?:^|[/\\])(?:moltbot\.json5|policy\.cedar|workspaces)(?:$|[/\\])/;

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !BY_HAND.test(path.slice(folder.length)));

/** The words that some file holds as text, in its bytes or its name: plain, as base64 or as hex. */
const shownIn = (folder: string): readonly string[] =>
  filesIn(folder).flatMap((path) => {
    const bytes = `${path}\n${readFileSync(path, "latin1")}`.toLowerCase();
    return ALL.filter((word) =>
      [word, Buffer.from(word).toString("base64").slice(0, -4).toLowerCase(), Buffer.from(word).toString("hex")].some(
        (form) => bytes.includes(form),
      ),
    ).map((word) => `${word} in ${path}`);
  });

describe("a copy of the home while the vault is locked", { timeout: 90_000 }, () => {
  let place: Place;
  let gateway: GatewayProcess;
  let conversationId: ConversationId;
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    const model = await startScriptedServer((seen) => {
      if (seen.some(({ role }) => role === "tool")) return { text: `${WORDS.reply} it is` };
      const said = JSON.stringify(seen.at(-1) ?? "");
      if (said.includes(WORDS.memory)) return { calls: [{ tool: "memory.save", arguments: { text: WORDS.memory } }] };
      if (said.includes(WORDS.reminder))
        return {
          calls: [{ tool: "reminder.create", arguments: { text: WORDS.reminder, minutes: 500_000 } }],
        };
      return { text: `${WORDS.reply} it is` };
    });
    closers.push(() => model.close());
    place = newPlace(settingsFor(model.origin));
    closers.push(() => place.remove());
    gateway = await startGatewayProcess(place);
    closers.push(() => gateway.kill("SIGKILL"));
    const { client } = gateway;
    const [agent] = must(await client.call("agents.list", {}));
    if (agent === undefined) throw new Error("no agent");
    const say = async (content: string): Promise<ConversationId> =>
      must(await client.call("messages.send", { agentId: agent.id, content, conversationId: "new" })).conversationId;
    conversationId = await say(`${WORDS.title} and ${WORDS.message}`);
    await say(`remember ${WORDS.memory}`);
    await say(`remind me of ${WORDS.reminder}`);
    must(await client.call("agents.create", { name: WORDS.agent }));
    must(await client.call("tokens.create", { name: WORDS.token, role: "viewer", days: 1 }));
    must(
      await client.call("contacts.add", {
        kind: "person",
        name: WORDS.contact,
        address: `${WORDS.address}@example.org`,
      }),
    );
    must(
      await client.call("attachments.create", {
        conversationId,
        name: `${WORDS.attachmentName}.txt`,
        mediaType: "text/plain",
        content: Buffer.from(WORDS.attachment).toString("base64"),
      }),
    );
    must(
      await client.call("capabilities.grant", {
        holder: agent.id,
        tool: "memory.save",
        constraints: [{ kind: "equals", argument: "text", value: WORDS.limit }],
        expires: "never",
        reason: WORDS.limit,
      }),
    );
    must(
      await client.call("secrets.set", {
        name: "weather",
        value: `${WORDS.secret}-value`,
        hosts: [`${WORDS.secretHost}.example.org`],
      }),
    );
  }, 60_000);
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  it("holds what was said while the vault is open", async () => {
    const { client } = gateway;
    expect(must(await client.call("search.messages", { query: WORDS.message })).hits.length).toBeGreaterThan(0);
    expect(JSON.stringify(must(await client.call("memories.list", {})))).toContain(WORDS.memory);
    // It asks before it sets one, so that the word stands in the question.
    expect(JSON.stringify(must(await client.call("approvals.list", {})))).toContain(WORDS.reminder);
  });

  it("shows no content, name, title, recipient or term, neither while it serves nor locked", async () => {
    const copy = join(place.root, "stolen while it serves");
    cpSync(place.home, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    expect(filesIn(copy).length).toBeGreaterThan(5);
    expect(shownIn(copy)).toEqual([]);

    must(await gateway.client.call("vault.lock", {}));
    await vi.waitFor(
      async () => {
        const refused = await gateway.client.call("conversations.list", {});
        expect(refused.ok ? "ok" : refused.error.code).toBe("VAULT_LOCKED");
      },
      { timeout: 15_000, interval: 100 },
    );
    const locked = join(place.root, "stolen while it is locked");
    cpSync(place.home, locked, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    expect(shownIn(locked)).toEqual([]);
  });

  it("unplug: the same look finds a word that lies in the open", () => {
    const copy = join(place.root, "stolen while it serves");
    cpSync(join(copy, "vault"), join(copy, "notes"), { recursive: true });
    rmSync(join(copy, "notes"), { recursive: true });
    cpSync(join(place.home, "moltbot.json5"), join(copy, `${WORDS.title}.txt`));
    expect(shownIn(copy)).toHaveLength(1);
  });
});
