import { PluginManifest } from "@moltbot/contracts";
import { EXAMPLE, PERMISSIONS } from "./plugin-example.ts";

type Change = Readonly<Record<string, unknown>>;
const [tool] = EXAMPLE.tools;
const toolWith = (change: Change): Change => ({ tools: [{ ...tool, ...change }] });
const inputWith = (change: Change): Change => toolWith({ input: { ...tool.input, ...change }, roles: {} });
const many = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
const wordy = {
  type: "object",
  properties: Object.fromEntries(
    many(50).map((at) => [`a${String(at)}`, { type: "string", description: "x".repeat(200) }]),
  ),
};

/** What no manifest may be, beyond what each field takes by itself. */
const BROKEN: readonly (readonly [what: string, change: Change])[] = [
  ["a plugin that is called as a part of the house is, such as `skill`", { name: "skill" }],
  [
    "a tool whose name and the plugin's are longer than 64 characters",
    { name: "a".repeat(32), ...toolWith({ name: "b".repeat(32) }) },
  ],
  ["two tools of one name", { tools: [tool, tool] }],
  [
    "more words than a model reads with every question",
    { tools: many(20).map((at) => ({ ...tool, name: `t${String(at)}`, input: wordy, roles: {} })) },
  ],
  [
    "more than 50 arguments",
    inputWith({
      properties: Object.fromEntries(many(51).map((at) => [`a${String(at)}`, { type: "boolean" }])),
      required: [],
    }),
  ],
  ["an argument of the name `hosts`", inputWith({ properties: { hosts: { type: "string" } }, required: [] })],
  ["a required argument that there is not", inputWith({ required: ["harbour"] })],
  ["a role for an argument that there is not", toolWith({ roles: { harbour: "content" } })],
  ["a permission twice", { permissions: [PERMISSIONS.storage, PERMISSIONS.storage] }],
  ["a secret for a host that `http` does not name", { permissions: [PERMISSIONS.secret] }],
  ["a host in another spelling, such as `127.1:443`", { permissions: [{ ...PERMISSIONS.http, hosts: ["127.1:443"] }] }],
  ["a text with a character that nobody sees", { title: "Ti\u200Bdes" }],
];

const refusalOf = (change: Change): string => {
  const read = PluginManifest.safeParse({ ...EXAMPLE, ...change });
  const [issue] = read.error?.issues ?? [];
  if (issue === undefined) throw new Error(`nobody refuses ${JSON.stringify(change).slice(0, 200)} any more`);
  const [deeper] = issue.code === "invalid_key" ? issue.issues : [issue];
  return deeper?.message ?? issue.message;
};

/** What is refused with which words: each was just tried. The example itself must be taken, alone and with every permission. */
export const rules = (): readonly (readonly string[])[] => {
  for (const permissions of [EXAMPLE.permissions, Object.values(PERMISSIONS)])
    PluginManifest.parse({ ...EXAMPLE, permissions });
  return BROKEN.map(([what, change]) => [what, refusalOf(change)]);
};
