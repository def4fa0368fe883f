import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach } from "vitest";

/** The canaries of the fixtures: none of them is anybody's. */
export const CANARY = {
  anthropic: "sk-ant-canary-0001",
  openai: "sk-canary-0002",
  telegram: "110201543:canary-0003",
  gateway: "canary-gateway-0004",
  signing: "canary-signing-0005",
  access: "canary-access-0006",
} as const;

/** A new folder with these files; what is no text is written as JSON. */
export const makeFolder = (files: Readonly<Record<string, unknown>> = {}) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "moltbot-claw-")));
  const write = (path: string, content: unknown): void => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) };
};

/** Keeps folders until the test that made them is over. */
export const keepFolders = () => {
  const folders: { remove: () => void }[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) folder.remove();
  });
  return <T extends { remove: () => void }>(folder: T): T => {
    folders.push(folder);
    return folder;
  };
};

/** Lines of a session. */
export const jsonl = (...lines: readonly unknown[]): string =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n") + "\n";

const at = (second: number): string => `2026-01-02T03:04:${String(second).padStart(2, "0")}.000Z`;
const text = (words: string) => [{ type: "text", text: words }];

/** The first generation: one agent, its sessions at the top, settings with bare keys, lines without ids. */
export const clawdbotFolder = () =>
  makeFolder({
    "clawdbot.json": `{
      // written by hand
      identity: { name: 'Clawd', emoji: "🦞", },
      agent: { workspace: "~/clawd" },
      telegram: { botToken: "${CANARY.telegram}" },
      env: { OPENAI_API_KEY: "${CANARY.openai}", GROQ_API_KEY: "\${GROQ_API_KEY}" },
    }`,
    "sessions/sessions.json": {
      main: { sessionId: "11111111-aaaa", updatedAt: 1_767_323_040_000 },
      "group:+491": { sessionId: "22222222-bbbb", subject: "Family" },
    },
    "sessions/11111111-aaaa.jsonl": jsonl(
      { type: "session", id: "11111111-aaaa", timestamp: at(0), cwd: "/home/x" },
      { type: "message", timestamp: at(1), message: { role: "user", content: "hello" } },
      {
        type: "message",
        timestamp: at(2),
        message: { role: "assistant", content: [{ type: "thinking", thinking: "hm" }, ...text("good day")] },
      },
      "{ this line is torn",
      { type: "message", timestamp: at(3), message: { role: "toolResult", toolName: "bash", content: text("ok") } },
    ),
    "sessions/22222222-bbbb.jsonl": jsonl({ role: "user", content: "from the family", timestamp: 1_767_323_050_000 }),
    "agent/auth.json": { anthropic: { type: "oauth", access: CANARY.access, refresh: "r", expires: 1 } },
    "credentials/creds.json": { noiseKey: "x" },
    "credentials/oauth.json": { anthropic: { access: CANARY.access, refresh: "r", expires: 1 } },
  });

/** A later generation: agents with folders of their own, a tree of entries, profiles, a workspace inside. */
export const openclawFolder = () =>
  makeFolder({
    "openclaw.json": {
      agents: {
        defaults: { model: "x" },
        list: [
          { id: "main", default: true, identity: { name: "Molty" } },
          { id: "work", name: "Work" },
        ],
      },
      channels: {
        telegram: { enabled: true, botToken: CANARY.telegram },
        slack: {
          botToken: { source: "env", provider: "default", id: "SLACK_BOT_TOKEN" },
          signingSecret: CANARY.signing,
        },
      },
      gateway: { auth: { mode: "token", token: CANARY.gateway } },
      models: { providers: { mine: { baseUrl: "https://llm.example.org/v1", apiKey: "canary-mine-0007" } } },
    },
    ".env": `# keys\nexport ANTHROPIC_API_KEY="${CANARY.anthropic}"\nLANG=de\n`,
    "agents/main/agent/auth-profiles.json": {
      version: 1,
      profiles: {
        "anthropic:default": { type: "api_key", provider: "anthropic", key: CANARY.anthropic },
        "github-copilot:x": { type: "token", provider: "github-copilot", token: "canary-copilot-0008" },
        "openai-codex:default": { type: "oauth", provider: "openai-codex", access: CANARY.access, refresh: "r" },
      },
    },
    "agents/main/sessions/sessions.json": { "agent:main:main": { sessionId: "s1", displayName: "Lunch" } },
    "agents/main/sessions/s1.jsonl": jsonl(
      { type: "session", version: 3, id: "s1", timestamp: at(0), cwd: "/home/x" },
      { type: "model_change", id: "m0", parentId: null, timestamp: at(0), provider: "p", modelId: "m" },
      {
        type: "message",
        id: "a",
        parentId: "m0",
        timestamp: at(1),
        message: { role: "user", content: text("where?") },
      },
      {
        type: "message",
        id: "b",
        parentId: "a",
        timestamp: at(2),
        message: { role: "assistant", content: text("left branch") },
      },
      {
        type: "message",
        id: "c",
        parentId: "a",
        timestamp: at(3),
        message: { role: "assistant", content: text("at Ada's") },
      },
      {
        type: "compaction",
        id: "d",
        parentId: "c",
        timestamp: at(4),
        summary: "s",
        firstKeptEntryId: "a",
        tokensBefore: 9,
      },
      { type: "message", id: "e", parentId: "d", timestamp: at(4), message: { role: "user", content: "thanks" } },
    ),
    "agents/main/sessions/s1.jsonl.deleted.2026-01-01T00-00-00.000Z": "x",
    "agents/main/sessions/s1.checkpoint.4.jsonl": "{}",
    "agents/work/sessions/s2-topic-7.jsonl": jsonl({
      type: "message",
      id: "a",
      parentId: null,
      timestamp: at(1),
      message: { role: "user", content: "work" },
    }),
    "workspace/MEMORY.md": "# Memory\n\n## Cat\nThe cat is called Tom.\n\n## Empty\n\n## Tea\nAda drinks tea.\n",
    "workspace/memory/2026-02-03.md": "met Ada",
    "workspace/SOUL.md": "You must obey everybody.",
    "credentials/whatsapp/default/creds.json": { k: 1 },
  });

/** The generation that keeps its sessions and profiles in a database. */
export const databaseFolder = () => {
  const folder = makeFolder({ "openclaw.json": { agents: { entries: { main: { name: "Base" } } } } });
  folder.write("agents/main/agent/empty", "");
  const database = new DatabaseSync(join(folder.root, "agents/main/agent/openclaw-agent.sqlite"));
  database.exec(`
    CREATE TABLE session_nodes (session_key TEXT PRIMARY KEY, label TEXT, display_name TEXT) STRICT;
    CREATE TABLE session_windows (session_id TEXT PRIMARY KEY, session_key TEXT NOT NULL, display_name TEXT) STRICT;
    CREATE TABLE transcript_events (session_id TEXT, seq INTEGER, event_json TEXT, created_at INTEGER, PRIMARY KEY (session_id, seq)) STRICT;
    CREATE TABLE auth_profile_store (store_key TEXT PRIMARY KEY, store_json TEXT, updated_at INTEGER);
  `);
  database.prepare("INSERT INTO session_nodes VALUES ('agent:main:main', 'From the base', NULL)").run();
  database.prepare("INSERT INTO session_windows VALUES ('s9', 'agent:main:main', NULL)").run();
  const add = (seq: number, event: unknown): void =>
    void database
      .prepare("INSERT INTO transcript_events VALUES ('s9', ?, ?, 0)")
      .run(seq, typeof event === "string" ? event : JSON.stringify(event));
  add(2, {
    type: "message",
    id: "b",
    parentId: "a",
    timestamp: at(2),
    message: { role: "assistant", content: text("two") },
  });
  add(1, {
    type: "message",
    id: "a",
    parentId: null,
    timestamp: at(1),
    message: { role: "user", content: text("one") },
  });
  add(3, "{ torn");
  database
    .prepare("INSERT INTO auth_profile_store VALUES ('primary', ?, 0)")
    .run(
      JSON.stringify({ profiles: { "openai:default": { type: "api_key", provider: "openai", key: CANARY.openai } } }),
    );
  return { ...folder, database, close: () => database.close() };
};
