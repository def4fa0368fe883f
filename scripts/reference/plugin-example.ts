/** A plugin with every permission, and one that works: what stands on the page is read by the schemas, and played by a test. */

/** A small plugin, whole. */
export const EXAMPLE = {
  manifest: 1,
  name: "tides",
  version: "0.1.0",
  title: "Tides",
  description: "When the water is high at a port.",
  author: "Ann",
  licence: "MIT",
  homepage: "https://tides.example.org/plugin",
  tools: [
    {
      name: "next",
      title: "Next high water",
      description: "When the water is high next at a port.",
      input: {
        type: "object",
        properties: {
          port: { type: "string", description: "A port, such as Dover.", maxLength: 80 },
          days: { type: "integer", description: "How many days; 1 unless told.", minimum: 1, maximum: 7 },
        },
        required: ["port"],
      },
      roles: { port: "content", days: "amount" },
    },
  ],
  permissions: [
    { kind: "http", hosts: ["tides.example.org:443"], methods: ["GET"], why: "To ask for the table of a port." },
  ],
  limits: { cpuMs: 100, memoryMiB: 16, asksPerCall: 2 },
  sees: ["The names of ports that it is asked about. tides.example.org sees them too."],
} as const;

export const EXAMPLE_MAIN = `import { definePlugin } from "@moltbot/plugin-sdk";

const next = async ({ port, days = 1 }, host) => {
  const { status, body } = await host.http.fetch({
    url: \`https://tides.example.org/\${encodeURIComponent(port)}?days=\${days}\`,
  });
  if (status !== 200) return { problem: \`The table answered \${status}.\` };
  return { port, high: JSON.parse(body) };
};

export default definePlugin({ tools: { next } });`;

export const EXAMPLE_CASES = {
  cases: [
    {
      name: "says when the water is high",
      tool: "next",
      arguments: { port: "Dover" },
      answers: [{ url: "https://tides.example.org/Dover?days=1", body: '["04:12","16:40"]' }],
      expect: { result: { high: ["04:12", "16:40"] }, asked: ["http.fetch"] },
    },
    {
      name: "says so where there is no table",
      tool: "next",
      arguments: { port: "Atlantis", days: 2 },
      answers: [{ url: "https://tides.example.org/Atlantis?days=2", status: 404 }],
      expect: { includes: ["The table answered 404."] },
    },
    {
      name: "is not called without a port",
      tool: "next",
      arguments: {},
      expect: { code: "TOOL_ARGUMENTS_INVALID" },
    },
  ],
} as const;

/** One permission of each kind; all of them may stand in one manifest. */
export const PERMISSIONS = {
  http: {
    kind: "http",
    hosts: ["api.example.org:443"],
    chosen: true,
    methods: ["GET", "POST"],
    why: "To look things up, where you say as well.",
  },
  storage: { kind: "storage", bytes: 65_536, why: "To remember what it has shown." },
  secret: { kind: "secret", name: "token", host: "api.example.org:443", why: "To ask in your name." },
  events: { kind: "events", hears: ["reminder:fired"], emits: true, why: "To look again, and to tell you." },
  tools: { kind: "tools", names: ["memory.search"], why: "To find what you said about it." },
} as const;
