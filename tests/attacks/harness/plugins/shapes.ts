/**
 * Somebody's program does not say what it was written for: a module, a script, the body of a function, a file for Node. Each is
 * tried in every shape in which it could run, so that none stays harmless by being read wrongly.
 */

/** One package to install: its `main.js`, and the tools that are called one after the other. */
export interface Shape {
  readonly shape: "module" | "wrapped";
  readonly source: string;
  readonly tools: readonly string[];
}

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
const attempt = async (work, given) => { try { return await callAll(await work(), given); } catch (error) { return tell(error); } };
export default {
  tools: {
    body: (args, host) => {
      const module = { exports: {} };
      return attempt(async () => {
        const made = await new AsyncFunction("host", "args", "module", "exports", "moltbot", CODE)(host, args, module, module.exports, host);
        return made === undefined ? module.exports : made;
      }, [args, host]);
    },
    plain: (args, host) => {
      const module = { exports: {} };
      return attempt(() => {
        const made = new Function("host", "args", "module", "exports", "moltbot", CODE).call(globalThis, host, args, module, module.exports, host);
        return made === undefined ? module.exports : made;
      }, [args, host]);
    },
    expression: (args, host) => attempt(() => new Function("return (" + CODE.trim().replace(/;$/, "") + "\\n)").call(globalThis), [args, host]),
  },
};
`;

/** The packages that a program is installed as. */
export const shapesOf = (code: string): readonly Shape[] => [
  { shape: "module", source: code, tools: namedIn(code) },
  { shape: "wrapped", source: wrapped(code), tools: ["body", "plain", "expression"] },
];
