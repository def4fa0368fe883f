// What a piece of code reaches for beyond its imports: the powers that no import names.
import { parseSync, Visitor } from "rolldown/utils";

/** The marks that a package can carry, each with what it says. */
export const MARKS = {
  dials: "opens connections with a global (fetch, WebSocket)",
  environment: "reads process.env",
  evaluates: "turns text into code (eval, Function)",
  loads: "loads a module whose name is computed, or by a door beside import (createRequire, process.binding)",
  wasm: "runs WebAssembly",
  native: "holds compiled code",
  install: "asks to run a script when it is installed; never granted",
} as const;

export type Mark = keyof typeof MARKS;

const DIALLERS = new Set(["fetch", "WebSocket", "EventSource", "XMLHttpRequest"]);
const REQUIRES = new Set(["require", "__require"]);
const SIDE_DOORS = new Set(["createRequire", "getBuiltinModule", "binding", "_linkedBinding", "dlopen"]);
const GLOBALS = new Set(["globalThis", "window", "self", "global"]);
/** Parsing is what costs; a text without any of these words reaches for nothing. The bundler has printed it anew. */
const LOADS_WORDS = /\b(require|__require|import\s*\(|createRequire|getBuiltinModule|binding|_linkedBinding|dlopen)/;
const POWER_WORDS = /\b(fetch|WebSocket|EventSource|XMLHttpRequest|eval|Function|env|WebAssembly)\b/;
const PLAIN_REQUIRES = /\b(__)?require\("[^"\\]+"\)/g;

const mayLoad = (code: string): boolean => LOADS_WORDS.test(code.replace(PLAIN_REQUIRES, ""));

type Named = { readonly type: string; readonly name?: unknown; readonly value?: unknown };

const nameOf = (node: Named): string => (node.type === "Identifier" && typeof node.name === "string" ? node.name : "");
const isText = (node: Named | undefined): boolean => node?.type === "Literal" && typeof node.value === "string";

/** Does `code` load by a computed name or by a door beside import? */
export const loadsByPath = (code: string): boolean => mayLoad(code) && readReach(code).has("loads");

/** The powers that `code` reaches for. Code that cannot be read counts as reaching for all that cannot be ruled out. */
export function readReach(code: string): ReadonlySet<Mark> {
  const found = new Set<Mark>();
  if (!POWER_WORDS.test(code) && !mayLoad(code)) return found;
  const { program, errors } = parseSync("module.js", code, { sourceType: "unambiguous" });
  if (errors.length > 0) return new Set(["evaluates", "loads"]);
  // A require that is handed around can be called with anything.
  let [requires, plainRequires] = [0, 0];
  const called = (callee: Named, first: Named | undefined): void => {
    const name = nameOf(callee);
    if (DIALLERS.has(name)) found.add("dials");
    if (name === "eval" || name === "Function") found.add("evaluates");
    if (REQUIRES.has(name) && isText(first)) plainRequires += 1;
    if (SIDE_DOORS.has(name)) found.add("loads");
  };
  const visitor = new Visitor({
    CallExpression: (node) => called(node.callee, node.arguments[0]),
    NewExpression: (node) => called(node.callee, node.arguments[0]),
    ImportExpression(node) {
      if (!isText(node.source)) found.add("loads");
    },
    Identifier(node) {
      if (node.name === "WebAssembly") found.add("wasm");
      if (REQUIRES.has(node.name)) requires += 1;
    },
    UnaryExpression(node) {
      if (node.operator === "typeof" && REQUIRES.has(nameOf(node.argument))) plainRequires += 1;
    },
    MemberExpression(node) {
      const property = node.computed ? (isText(node.property) ? "computed" : "") : nameOf(node.property);
      const object = nameOf(node.object);
      const name = property === "computed" && "value" in node.property ? String(node.property.value) : property;
      if (object === "process" && name === "env") found.add("environment");
      if ((object === "process" || object === "module" || object === "Module") && SIDE_DOORS.has(name))
        found.add("loads");
      if (GLOBALS.has(object) && DIALLERS.has(name)) found.add("dials");
      if (GLOBALS.has(object) && (name === "eval" || name === "Function")) found.add("evaluates");
    },
  });
  visitor.visit(program);
  if (requires > plainRequires) found.add("loads");
  return found;
}
