import { z } from "zod";
import { err, moltbotError, ok, ToolName } from "@moltbot/contracts";
import type {
  ArgumentRole,
  Capability,
  Constraint,
  JsonObject,
  JsonValue,
  PrincipalId,
  Readers,
  ResolvedResource,
  Result,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import { capabilityOf, STRANGER } from "../../../packages/core/src/guard/testing/house.ts";

type Shape = Pick<ToolManifest, "effect" | "critical"> & Partial<ToolManifest>;

const tool = (name: string, input: z.ZodType<JsonObject>, shape: Shape): ToolManifest => ({
  version: 1,
  title: `Use ${name}`,
  description: "",
  permissions: [`${name}:use`],
  result: "context",
  undo: "undoable",
  repeatable: false,
  ...shape,
  name: ToolName.parse(name),
  input,
});

const text = z.string().max(10_000);

/** Roles that words may give, each with a sending tool of its own. */
export const SPOKEN_ROLES = [
  "recipient",
  "account",
  "amount",
  "path",
  "command",
  "identifier",
  "time",
  "content",
] as const satisfies readonly ArgumentRole[];

/** A tool of every effect class, and for every kind of argument one that an attacker would like to choose. */
export const TOOLS: readonly ToolManifest[] = [
  tool("memory.search", z.strictObject({ query: text }), { effect: "read", critical: [], undo: "none" }),
  tool("web.fetch", z.strictObject({ url: text }), {
    effect: "fetch",
    critical: ["url"],
    roles: { url: "url" },
    result: "untrusted",
    undo: "none",
  }),
  tool("file.append", z.strictObject({ path: text, text }), {
    effect: "write",
    critical: ["path"],
    roles: { path: "path" },
  }),
  tool("note.mark", z.strictObject({ path: text }), { effect: "write", critical: ["path"], undo: "none" }),
  tool("note.burn", z.strictObject({ path: text }), { effect: "write", critical: ["path"], undo: "irreversible" }),
  tool("mail.send", z.strictObject({ to: text, text }), {
    effect: "send",
    critical: ["to"],
    roles: { to: "recipient" },
    undo: "irreversible",
  }),
  tool("mail.many", z.strictObject({ to: z.array(text), text }), {
    effect: "send",
    critical: ["to"],
    undo: "irreversible",
  }),
  tool("post.plain", z.strictObject({ to: text, text }), { effect: "send", critical: [] }),
  tool("reminder.create", z.strictObject({ text, minutes: z.number() }), {
    effect: "commit",
    critical: ["text", "minutes"],
    roles: { text: "content", minutes: "time" },
    repeatable: true,
  }),
  tool("order.place", z.strictObject({ to: text, amount: z.number() }), {
    effect: "commit",
    critical: ["to", "amount"],
    roles: { to: "recipient", amount: "amount" },
  }),
  tool("share.add", z.strictObject({ who: text, permission: text }), {
    effect: "commit",
    critical: ["who", "permission"],
    roles: { who: "recipient", permission: "permission" },
  }),
  tool("job.run", z.strictObject({ command: text }), {
    effect: "commit",
    critical: ["command"],
    roles: { command: "command" },
  }),
  tool("bank.pay", z.strictObject({ to: text, amount: z.number() }), {
    effect: "commit",
    critical: ["to", "amount"],
    permissions: ["money:spend"],
    undo: "irreversible",
  }),
  tool("right.give", z.strictObject({ to: text }), {
    effect: "commit",
    critical: ["to"],
    permissions: ["capability:grant"],
  }),
  tool("plugin.add", z.strictObject({ name: text }), {
    effect: "commit",
    critical: ["name"],
    permissions: ["plugin:install"],
  }),
  tool(
    "exec.run",
    z.strictObject({ argv: z.array(text), input: text.exactOptional(), network: z.array(text).exactOptional() }),
    {
      effect: "execute",
      critical: ["argv", "network"],
      roles: { argv: "command", network: "url" },
      result: "untrusted",
      undo: "none",
    },
  ),
  ...SPOKEN_ROLES.map((role) =>
    tool(`say.${role}`, z.strictObject({ value: z.union([z.string(), z.number()]), text }), {
      effect: "send",
      critical: ["value"],
      roles: { value: role },
    }),
  ),
];

/** A grant of the tests' tool, in force for the tests' agent. */
export const grantOf = (
  name: string,
  constraints: readonly Constraint[] = [],
  change: Partial<Capability> = {},
): Capability => {
  const manifest = TOOLS.find((one) => one.name === name);
  if (manifest === undefined) throw new Error(`the grammar has no tool ${name}`);
  return capabilityOf("mail.send", constraints, { tool: manifest.name, permissions: manifest.permissions, ...change });
};

const PRIVATE = /^(localhost|127\.|10\.|192\.168\.|169\.254\.|0\.|\[)/;

const hostOf = (url: unknown): Result<readonly ResolvedResource[]> => {
  try {
    const parsed = new URL(typeof url === "string" ? url : "");
    if (!/^https?:$/.test(parsed.protocol)) return err(moltbotError("URL_INVALID", { problem: "another scheme" }));
    const port = parsed.port === "" ? (parsed.protocol === "http:" ? "80" : "443") : parsed.port;
    const refusal = PRIVATE.test(parsed.hostname) ? "ADDRESS_REFUSED" : null;
    const value = `${parsed.hostname}:${port}`;
    return ok([{ argument: "url", kind: "host", value, readers: "public", refusal }]);
  } catch {
    return err(moltbotError("URL_INVALID", { problem: "it cannot be read" }));
  }
};

const isOutside = (path: string): boolean => /^[/~]/.test(path) || path.split(/[/\\]/).includes("..");

/** Who reads what is sent there: everyone, somebody else, nobody that is known, or the owner alone. */
const readersAt = (address: string, owner: PrincipalId): Readers => {
  if (address.endsWith("@public.test")) return "public";
  if (address.endsWith("@stranger.test")) return [STRANGER.id];
  return address.endsWith("@nobody.test") ? [] : [owner];
};

const textsOf = (value: JsonValue | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

/** A program by its name, and each host that it may reach. */
const programOf = ({ arguments: { argv, network } }: ToolCall): Result<readonly ResolvedResource[]> => {
  const [program] = textsOf(argv);
  const found: ResolvedResource[] =
    program === undefined ? [] : [{ argument: "argv", kind: "executable", value: program, refusal: null }];
  for (const given of textsOf(network)) {
    const host = /[/?#@\\\s%]/u.test(given)
      ? err(moltbotError("URL_INVALID", { problem: "no host" }))
      : hostOf(`https://${given}/`);
    if (!host.ok) return host;
    found.push(...host.value.map((one) => ({ ...one, argument: "network" })));
  }
  return ok(found);
};

/** What the arguments point at. */
export const resolve = (call: ToolCall): Result<readonly ResolvedResource[]> => {
  const { url, path, to } = call.arguments;
  if (call.tool === "web.fetch") return hostOf(url);
  if (call.tool === "exec.run") return programOf(call);
  if (typeof path === "string") {
    const refusal = isOutside(path) ? "PATH_OUTSIDE_WORKSPACE" : null;
    return ok([{ argument: "path", kind: "path", value: path, refusal }]);
  }
  if (call.tool.startsWith("say.")) {
    return ok([{ argument: "value", kind: "recipient", value: "mine", readers: [call.authority], refusal: null }]);
  }
  const recipients = "to" in call.arguments ? [to].flat().filter((address) => typeof address === "string") : [];
  return ok(
    recipients.map((value) => ({
      argument: "to",
      kind: "recipient",
      value,
      readers: readersAt(value, call.authority),
      refusal: null,
    })),
  );
};
