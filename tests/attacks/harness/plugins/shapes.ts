/**
 * Somebody's program does not say what it was written for: a module, a script, the body of a function, a file for Node. Each is
 * tried in every shape in which it could run, so that none stays harmless by being read wrongly.
 */

/** One package to install: its `main.js`, and the tools that are called one after the other. */
export interface Shape {
  readonly source: string;
  readonly tools: readonly string[];
  /**
   * Whether it is the program that runs when the package is loaded. Otherwise something of ours runs, and `COMPILES`, called
   * before anything of the program, says by which of the tools it will.
   */
  readonly runsWhenLoaded: boolean;
}

/** Says by which tools a wrapped program can run, and runs nothing of it, so that none may speak for itself. */
export const COMPILES = "compiles";
const CAN_RUN = "can run by:";

/** The tools that `COMPILES` named. */
export const compiledIn = (said: string): readonly string[] =>
  said.includes(CAN_RUN) ? (said.slice(said.indexOf(CAN_RUN) + CAN_RUN.length).match(/[a-z]+/g) ?? []) : [];

const NAME = /^[a-z][a-z0-9]{0,31}$/;
const MOST_TOOLS = 12;
/** What authors call the one thing that their program does. */
const USUAL = ["run", "main", "execute", "attack", "handler"];

/** Names that the program may export tools by: every word before a bracket, a colon with a function, or `async`. */
const namedIn = (code: string): readonly string[] => {
  const found = [...code.matchAll(/\b([a-z][A-Za-z0-9]{0,31})\s*(?:\(|:\s*(?:async\b|function\b|\())/g)].map(
    ([, name = ""]) => name,
  );
  const counted = new Set(found.filter((name) => NAME.test(name)));
  return [...new Set([...USUAL, ...counted])].slice(0, MOST_TOOLS);
};

/** Says all that can be said of a value, without believing it. */
const TELL = `
const tell = (value, depth = 0) => {
  try {
    if (typeof value === "string") return value.slice(0, 20000);
    if (value === null || typeof value !== "object" && typeof value !== "function") return String(value);
    if (depth > 2) return "…";
    const names = Reflect.ownKeys(value).slice(0, 50);
    const parts = names.map((name) => { try { return String(name) + ": " + tell(value[name], depth + 1); } catch (error) { return String(name) + ": ?"; } });
    let own = ""; try { own = String(value).slice(0, 2000); } catch {}
    return (own + " {" + parts.join(", ") + "}").slice(0, 20000);
  } catch (error) { return "untold"; }
};
const callAll = async (made, given) => {
  const said = [tell(made)];
  const under = (value) => (value !== null && (typeof value === "object" || typeof value === "function") ? value : {});
  for (const holder of [made, under(made).default, under(made).tools, under(under(made).default).tools]) {
    if (typeof holder === "function") { try { said.push(tell(await holder(...given))); } catch (error) { said.push(tell(error)); } }
    for (const name of Reflect.ownKeys(under(holder)).slice(0, 20)) {
      const one = under(holder)[name];
      if (typeof one !== "function" || name === "constructor") continue;
      try { said.push(tell(await one(...given))); } catch (error) { said.push(tell(error)); }
    }
  }
  return said.join("\\n").slice(0, 30000);
};
`;

const wrapped = (code: string): string => `${TELL}
const CODE = ${JSON.stringify(code)};
const AsyncFunction = (async () => undefined).constructor;
const NAMES = ["host", "args", "module", "exports", "moltbot"];
const made = {
  body: () => new AsyncFunction(...NAMES, CODE),
  plain: () => new Function(...NAMES, CODE),
  expression: () => new Function("return (" + CODE.trim().replace(/;$/, "") + "\\n)"),
};
const isProgram = (make) => { try { make(); return true; } catch { return false; } };
const attempt = async (work, given) => { try { return await callAll(await work(), given); } catch (error) { return tell(error); } };
const inModule = (make) => (args, host) => {
  const module = { exports: {} };
  return attempt(async () => {
    const gave = await make().call(globalThis, host, args, module, module.exports, host);
    return gave === undefined ? module.exports : gave;
  }, [args, host]);
};
export default {
  tools: {
    ${COMPILES}: () => ${JSON.stringify(CAN_RUN)} + Object.keys(made).filter((name) => isProgram(made[name])).map((name) => " " + name),
    body: inModule(made.body),
    plain: inModule(made.plain),
    expression: (args, host) => attempt(() => made.expression().call(globalThis), [args, host]),
  },
};
`;

const HAS_DEFAULT = /\bexport\s+default\b|\bexport\s*\{[^}]*\bdefault\b/;
const EXPORTED = /\bexport\s+(?:async\s+)?(?:function\s*\*?|const|let|var)\s*([A-Za-z_$][\w$]*)/g;

/** A module without a default export is no plugin, though it runs: it gets one, of what it exports. */
const asPlugin = (code: string): { readonly source: string; readonly tools: readonly string[] } => {
  if (HAS_DEFAULT.test(code)) return { source: code, tools: namedIn(code) };
  const exported = [...new Set([...code.matchAll(EXPORTED)].map(([, name = ""]) => name))].slice(0, MOST_TOOLS);
  const tools = exported.map((name, at) => [`exported${String(at)}`, name] as const);
  const holds = tools.map(([tool, name]) => `${tool}: ${name}`).join(", ");
  return {
    source: `${code}\n;export default { tools: { ${holds} } };\n`,
    tools: tools.length === 0 ? USUAL.slice(0, 1) : tools.map(([tool]) => tool),
  };
};

const IMPORT =
  /^[ \t]*import\s+(?:([\w$]+)\s*,?\s*)?(?:\*\s*as\s+([\w$]+)\s*|\{([^}]*)\}\s*)?from\s*["']([^"']+)["'];?|^[ \t]*import\s*["']([^"']+)["'];?/gm;
const SDK = "@moltbot/plugin-sdk";

/** Gets at a module in every other way, and at something of no use where there is none. */
const REACH = `function reach(name) {
  for (const way of [() => process.getBuiltinModule(name), () => require(name)]) try { return way() ?? {}; } catch {}
  return {};
}`;

/** A module that imports more than a plugin may is not loaded at all. So that its program runs, it reaches for the same by other ways; null: it imports nothing else. */
const withoutImports = (code: string): string | null => {
  const rest = code.replace(
    IMPORT,
    (line: string, whole?: string, all?: string, some?: string, from?: string, alone?: string) => {
      const name = JSON.stringify(from ?? alone ?? "");
      if ((from ?? alone) === SDK) return line;
      const parts = [
        whole === undefined ? "" : `const ${whole} = reach(${name}).default ?? reach(${name});`,
        all === undefined ? "" : `const ${all} = reach(${name});`,
        some === undefined ? "" : `const { ${some.replaceAll(/\s+as\s+/g, ": ")} } = reach(${name});`,
      ];
      return alone === undefined ? parts.join(" ") : `reach(${name});`;
    },
  );
  return rest === code ? null : `${rest}\n${REACH}\n`;
};

/** The packages that a program is installed as. */
export const shapesOf = (code: string): readonly Shape[] => {
  const bare = withoutImports(code);
  return [
    { ...asPlugin(code), runsWhenLoaded: true },
    ...(bare === null ? [] : [{ ...asPlugin(bare), runsWhenLoaded: true }]),
    { source: wrapped(code), tools: [COMPILES, "body", "plain", "expression"], runsWhenLoaded: false },
  ];
};
