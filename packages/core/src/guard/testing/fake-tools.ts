import { z } from "zod";
import { err, label, moltbotError, ok, ToolName } from "@moltbot/contracts";
import type {
  AccessScope,
  JsonObject,
  PermitRedeemer,
  ResolvedResource,
  Result,
  ToolCall,
  ToolExecutor,
  ToolManifest,
} from "@moltbot/contracts";

type Shape = Omit<
  ToolManifest,
  "name" | "input" | "version" | "title" | "description" | "result" | "repeatable" | "undo" | "permissions"
> &
  Partial<ToolManifest>;

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

/** One tool of each effect class, and a few with a difference. */
export const MANIFESTS: readonly ToolManifest[] = [
  tool("memory.save", z.strictObject({ text: z.string() }), {
    effect: "write",
    permissions: ["memory:write"],
    critical: [],
    undo: "undoable",
  }),
  tool("memory.search", z.strictObject({ query: z.string().max(10_000) }), {
    effect: "read",
    critical: [],
    undo: "none",
  }),
  tool("web.fetch", z.strictObject({ url: z.string() }), {
    effect: "fetch",
    critical: ["url"],
    roles: { url: "url" },
    result: "untrusted",
    undo: "none",
  }),
  tool("file.append", z.strictObject({ path: z.string(), text: z.string() }), {
    effect: "write",
    critical: ["path"],
    roles: { path: "path" },
  }),
  tool("note.burn", z.strictObject({ path: z.string() }), {
    effect: "write",
    critical: ["path"],
    undo: "irreversible",
  }),
  tool("note.mark", z.strictObject({ path: z.string() }), { effect: "write", critical: ["path"], undo: "none" }),
  tool("mail.send", z.strictObject({ to: z.string(), text: z.string() }), {
    effect: "send",
    critical: ["to"],
    roles: { to: "recipient" },
    undo: "irreversible",
  }),
  tool("post.plain", z.strictObject({ to: z.string(), text: z.string() }), { effect: "send", critical: [] }),
  tool(
    "reminder.create",
    z.strictObject({
      text: z.string(),
      minutes: z.number(),
      list: z.string().exactOptional(),
      more: z.json().exactOptional(),
    }),
    {
      effect: "commit",
      critical: ["text", "minutes", "list"],
      roles: { text: "content", minutes: "time" },
      repeatable: true,
    },
  ),
  tool("bank.pay", z.strictObject({ to: z.string(), amount: z.number() }), {
    effect: "commit",
    critical: ["to", "amount"],
    permissions: ["money:spend"],
  }),
  tool("order.place", z.strictObject({ to: z.string(), amount: z.number() }), {
    effect: "commit",
    critical: ["to", "amount"],
  }),
  tool("shell.run", z.strictObject({ command: z.string() }), { effect: "execute", critical: ["command"] }),
  tool(
    "exec.run",
    z.strictObject({
      argv: z.array(z.string()),
      cwd: z.string().exactOptional(),
      input: z.string().exactOptional(),
      network: z.array(z.string()).exactOptional(),
      seconds: z.int().exactOptional(),
    }),
    {
      effect: "execute",
      critical: ["argv", "cwd", "network"],
      roles: { argv: "command", cwd: "path", network: "url" },
      result: "untrusted",
      undo: "none",
    },
  ),
  tool("exec.keep", z.strictObject({ paths: z.array(z.string()).exactOptional() }), {
    effect: "write",
    critical: ["paths"],
    roles: { paths: "path" },
    permissions: ["fs:write", "exec:keep"],
    undo: "undoable",
  }),
];

const text = (call: ToolCall, name: string): string => {
  const value = Object.hasOwn(call.arguments, name) ? call.arguments[name] : undefined;
  return typeof value === "string" ? value : "";
};

const PRIVATE = /^(localhost|127\.|10\.|192\.168\.|169\.254\.|0\.|\[)/;

const resolveUrl = (url: string): Result<readonly ResolvedResource[]> => {
  try {
    const parsed = new URL(url);
    if (!/^https?:$/.test(parsed.protocol))
      return err(moltbotError("URL_INVALID", { problem: "it is not http or https" }));
    const port = parsed.port === "" ? (parsed.protocol === "http:" ? "80" : "443") : parsed.port;
    const refusal = PRIVATE.test(parsed.hostname) ? "ADDRESS_REFUSED" : null;
    return ok([{ argument: "url", kind: "host", value: `${parsed.hostname}:${port}`, refusal }]);
  } catch {
    return err(moltbotError("URL_INVALID", { problem: "it cannot be read" }));
  }
};

const resolvePath = (path: string): ResolvedResource => {
  const outside = path.startsWith("/") || path.startsWith("~") || path.split(/[/\\]/).includes("..");
  return { argument: "path", kind: "path", value: path, refusal: outside ? "PATH_OUTSIDE_WORKSPACE" : null };
};

/** Nobody is known to read it: of a recipient without readers, nothing may be assumed. */
const resolveRecipient = (to: string): readonly ResolvedResource[] =>
  to === "" ? [] : [{ argument: "to", kind: "recipient", value: to, refusal: null }];

const texts = (call: ToolCall, name: string): readonly string[] => {
  const value = Object.hasOwn(call.arguments, name) ? call.arguments[name] : undefined;
  return Array.isArray(value) ? value.map(String) : [];
};

const hostOfProgram = (given: string): Result<readonly ResolvedResource[]> => {
  const resolved = /[/?#@\\\s%]/u.test(given)
    ? err(moltbotError("URL_INVALID", { problem: "it is no host" }))
    : resolveUrl(`https://${given}/`);
  return resolved.ok
    ? ok(resolved.value.map((host) => ({ ...host, argument: "network", readers: "public" as const })))
    : resolved;
};

/** A program by its name, and each host that it may reach. */
const resolveProgram = (call: ToolCall): Result<readonly ResolvedResource[]> => {
  const [program] = call.tool === "shell.run" ? ["/bin/sh"] : texts(call, "argv");
  const argument = call.tool === "shell.run" ? "command" : "argv";
  const found: ResolvedResource[] =
    program === undefined ? [] : [{ argument, kind: "executable", value: program, refusal: null }];
  for (const given of texts(call, "network")) {
    const hosts = hostOfProgram(given);
    if (!hosts.ok) return hosts;
    found.push(...hosts.value);
  }
  return ok(found);
};

const resolveOther = (call: ToolCall): readonly ResolvedResource[] => {
  if (Object.hasOwn(call.arguments, "path")) return [resolvePath(text(call, "path"))];
  return call.tool === "mail.send" || call.tool === "post.plain" ? resolveRecipient(text(call, "to")) : [];
};

/** What happened to the world, in order. */
export type World = { readonly tool: string; readonly arguments: JsonObject }[];

export interface FakeTools extends ToolExecutor {
  readonly world: World;
  manifests: readonly ToolManifest[];
  /** Runs while the arguments are being resolved. */
  during: (() => void) | null;
  describing: (call: ToolCall) => string;
  resolving: (call: ToolCall) => Result<readonly ResolvedResource[]>;
}

/** An executor that redeems and then writes what it would have done into `world`. */
export const fakeTools = (redeemer: PermitRedeemer): FakeTools => {
  const tools: FakeTools = {
    world: [],
    manifests: MANIFESTS,
    during: null,
    describing: (call) => `Uses ${call.tool} with “${text(call, "text")}”.`,
    resolving: (call) => {
      if (call.tool === "web.fetch") return resolveUrl(text(call, "url"));
      return call.tool === "shell.run" || call.tool === "exec.run" ? resolveProgram(call) : ok(resolveOther(call));
    },
    catalog: () => tools.manifests,
    describe: (call) => tools.describing(call),
    preview: () => Promise.resolve(null),
    resolve: async (call) => {
      await Promise.resolve();
      tools.during?.();
      return tools.resolving(call);
    },
    run: async (permit, call, _scope: AccessScope) => {
      await Promise.resolve();
      const redeemed = redeemer.redeem(permit, call);
      if (!redeemed.ok) return redeemed;
      tools.world.push({ tool: call.tool, arguments: call.arguments });
      return ok({ text: "done", summary: "done", label: label("authority", "public") });
    },
  };
  return tools;
};
