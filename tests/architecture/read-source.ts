/**
 * The second reader's eyes: what a source file imports and which ambient powers it touches. It walks the syntax tree
 * itself, knows scopes (a parameter called `process` is no power) and takes types for what they are: nothing at run
 * time. It judges nothing; walls.ts does.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "rolldown/utils";

export type Import = {
  readonly specifier: string;
  readonly names: readonly string[];
  readonly typeOnly: boolean;
  readonly line: number;
};

/** A use of something nobody handed in: `fetch`, `Date.now`, `new Date()`, `process.env`, … */
export type Use = { readonly name: string; readonly line: number };

export type Comment = { readonly text: string; readonly line: number };

export type SourceFile = {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly uses: readonly Use[];
  readonly comments: readonly Comment[];
};

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const nodeAt = (node: Node, key: string): Node | undefined => {
  const value = node[key];
  return isNode(value) ? value : undefined;
};
const nodesAt = (node: Node, key: string): readonly Node[] => {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
};
const nameOf = (node: Node | undefined): string | undefined =>
  node === undefined ? undefined : (text(node["name"]) ?? text(node["value"]));

/** Expressions that carry a type beside a value; every other TS… node is only a type. */
const TYPED_EXPRESSIONS = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSNonNullExpression",
  "TSTypeAssertion",
  "TSInstantiationExpression",
  "TSExportAssignment",
]);

function valueChildren(node: Node): readonly Node[] {
  if (TYPED_EXPRESSIONS.has(node.type)) return [nodeAt(node, "expression")].filter((child) => child !== undefined);
  return childrenOf(node).filter((child) => !child.type.startsWith("TS") || TYPED_EXPRESSIONS.has(child.type));
}

function boundNames(pattern: Node | undefined): readonly string[] {
  if (pattern === undefined) return [];
  switch (pattern.type) {
    case "Identifier":
      return [text(pattern["name"]) ?? ""];
    case "AssignmentPattern":
      return boundNames(nodeAt(pattern, "left"));
    case "RestElement":
      return boundNames(nodeAt(pattern, "argument"));
    case "ArrayPattern":
      return nodesAt(pattern, "elements").flatMap(boundNames);
    case "ObjectPattern":
      return nodesAt(pattern, "properties").flatMap((property) =>
        boundNames(property.type === "RestElement" ? property : nodeAt(property, "value")),
      );
    default:
      return [];
  }
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Names a `var` makes visible in the whole function. */
function hoisted(node: Node): readonly string[] {
  return valueChildren(node).flatMap((child) => {
    if (FUNCTIONS.has(child.type)) return [];
    const own =
      child.type === "VariableDeclaration" && child["kind"] === "var"
        ? nodesAt(child, "declarations").flatMap((declarator) => boundNames(nodeAt(declarator, "id")))
        : [];
    return [...own, ...hoisted(child)];
  });
}

function declaredBy(statement: Node): readonly string[] {
  const inner = statement.type.startsWith("Export") ? nodeAt(statement, "declaration") : statement;
  if (inner === undefined) return [];
  switch (inner.type) {
    case "VariableDeclaration":
      return inner["declare"] === true
        ? []
        : nodesAt(inner, "declarations").flatMap((declarator) => boundNames(nodeAt(declarator, "id")));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return boundNames(nodeAt(inner, "id"));
    case "ImportDeclaration":
      return nodesAt(inner, "specifiers").flatMap((specifier) => boundNames(nodeAt(specifier, "local")));
    default:
      return [];
  }
}

/** The names that a node brings into scope for its own children. */
function scopeOf(node: Node): readonly string[] {
  if (FUNCTIONS.has(node.type)) {
    const body = nodeAt(node, "body");
    const own = node.type === "FunctionExpression" ? boundNames(nodeAt(node, "id")) : [];
    return [...own, ...nodesAt(node, "params").flatMap(boundNames), ...(body === undefined ? [] : hoisted(body))];
  }
  switch (node.type) {
    case "Program":
      return [...nodesAt(node, "body").flatMap(declaredBy), ...hoisted(node)];
    case "BlockStatement":
    case "StaticBlock":
      return nodesAt(node, "body").flatMap(declaredBy);
    case "SwitchStatement":
      return nodesAt(node, "cases").flatMap((branch) => nodesAt(branch, "consequent").flatMap(declaredBy));
    case "ForStatement":
      return [nodeAt(node, "init")].flatMap((child) => (child === undefined ? [] : declaredBy(child)));
    case "ForInStatement":
    case "ForOfStatement":
      return [nodeAt(node, "left")].flatMap((child) => (child === undefined ? [] : declaredBy(child)));
    case "CatchClause":
      return boundNames(nodeAt(node, "param"));
    case "ClassExpression":
      return boundNames(nodeAt(node, "id"));
    default:
      return [];
  }
}

/** `a.b` and `a["b"]` have a name we can read; `a[b]` has not. */
function memberName(member: Node): string | undefined {
  const property = nodeAt(member, "property");
  if (member["computed"] !== true) return nameOf(property);
  return property?.type === "Literal" ? text(property["value"]) : undefined;
}

const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);

/** Is this identifier a name of something else's part (`x.fetch`, `{ fetch: … }`), not a value that is read? */
function isLabel(node: Node, parent: Node, key: string): boolean {
  switch (parent.type) {
    case "MemberExpression":
      return key === "property" && parent["computed"] !== true;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
    case "AccessorProperty":
      return (
        key === "key" && parent["computed"] !== true && nodeAt(parent, "value") !== node && parent["shorthand"] !== true
      );
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
      return key === "label";
    case "ExportSpecifier":
      return key === "exported";
    case "MetaProperty":
    case "ImportAttribute":
    case "ImportSpecifier":
      return true;
    default:
      return false;
  }
}

function collectUses(program: Node, lineAt: (offset: number) => number): readonly Use[] {
  const uses: Use[] = [];
  const add = (name: string, node: Node): void => void uses.push({ name, line: lineAt(node.start) });

  const visit = (node: Node, parents: readonly Node[], scopes: readonly ReadonlySet<string>[]): void => {
    const inner = [...scopes, new Set(scopeOf(node))];
    const free = (name: string): boolean => !inner.some((scope) => scope.has(name));
    for (const [key, value] of Object.entries(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (!isNode(child)) continue;
        if (child.type.startsWith("TS") && !TYPED_EXPRESSIONS.has(child.type)) continue;
        if (TYPED_EXPRESSIONS.has(node.type) && key !== "expression") continue;
        if (child.type === "Identifier") {
          const name = text(child["name"]) ?? "";
          if (free(name) && !isLabel(child, node, key)) report(name, child, [...parents, node], key);
        }
        visit(child, [...parents, node], inner);
      }
    }
  };

  /** Names a free identifier by how it is used: alone, as `Date.now`, or as `new Date()` without arguments. */
  const report = (name: string, node: Node, parents: readonly Node[], key: string): void => {
    const parent = parents.at(-1);
    if (parent === undefined) return;
    if (parent.type === "MemberExpression" && key === "object") {
      const member = memberName(parent);
      if (GLOBAL_OBJECTS.has(name)) {
        // `globalThis.process.env` is `process.env`; what cannot be read is a hidden door.
        const outer = parents.at(-2);
        if (member === undefined) add(`${name}[…]`, node);
        else if (outer?.type === "MemberExpression") add(`${member}.${memberName(outer) ?? "[…]"}`, node);
        else add(member, node);
        if (member !== undefined) add(`${name}.${member}`, node);
        return;
      }
      add(`${name}.${member ?? "[…]"}`, node);
      return;
    }
    if (name === "Date" && parent.type === "NewExpression" && key === "callee") {
      if (nodesAt(parent, "arguments").length === 0) add("new Date()", node);
      return;
    }
    if (name === "Date" && parent.type === "CallExpression" && key === "callee") return add("Date()", node);
    add(name, node);
  };

  visit(program, [], []);
  return uses;
}

function importsOf(program: Node, lineAt: (offset: number) => number): readonly Import[] {
  const found: Import[] = [];
  const visit = (node: Node): void => {
    const source = nodeAt(node, "source");
    const line = lineAt(node.start);
    const specifier = source === undefined ? undefined : text(source["value"]);
    if (node.type === "ImportDeclaration" && specifier !== undefined) {
      const parts = nodesAt(node, "specifiers");
      const names = parts.map((part) =>
        part.type === "ImportSpecifier"
          ? (nameOf(nodeAt(part, "imported")) ?? "*")
          : part.type === "ImportDefaultSpecifier"
            ? "default"
            : "*",
      );
      const typeOnly =
        node["importKind"] === "type" || (parts.length > 0 && parts.every((part) => part["importKind"] === "type"));
      found.push({ specifier, names, typeOnly, line });
    } else if (
      (node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration") &&
      specifier !== undefined
    ) {
      const names =
        node.type === "ExportAllDeclaration"
          ? ["*"]
          : nodesAt(node, "specifiers").map((part) => nameOf(nodeAt(part, "local")) ?? "*");
      found.push({ specifier, names, typeOnly: node["exportKind"] === "type", line });
    } else if (node.type === "ImportExpression") {
      found.push({ specifier: specifier ?? "[computed]", names: ["*"], typeOnly: false, line });
    } else if (node.type === "TSImportType") {
      found.push({ specifier: specifier ?? "[computed]", names: ["*"], typeOnly: true, line });
    } else if (node.type === "TSExternalModuleReference") {
      found.push({
        specifier: text(nodeAt(node, "expression")?.["value"]) ?? "[computed]",
        names: ["*"],
        typeOnly: false,
        line,
      });
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  return found;
}

/** Reads one file from its text; a file that does not parse throws, because it cannot be judged. */
export function readSource(path: string, source: string): SourceFile {
  const parsed = parseSync(path, source);
  const [problem] = parsed.errors;
  if (problem !== undefined) throw new Error(`${path} does not parse: ${problem.message}`);
  const starts = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineAt = (offset: number): number => starts.findLastIndex((start) => start <= offset) + 1;
  const program: unknown = parsed.program;
  if (!isNode(program)) throw new Error(`${path} has no syntax tree`);
  return {
    path,
    imports: importsOf(program, lineAt),
    uses: collectUses(program, lineAt),
    comments: parsed.comments.map((comment) => ({ text: comment.value, line: lineAt(comment.start) })),
  };
}

/** All of our packages' TypeScript, as [path from the root with forward slashes, text]. */
export function sourcesUnder(root: string): readonly (readonly [string, string])[] {
  return readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
    .map((path) => `packages/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .filter((path) => path.includes("/src/") && !/\/(node_modules|dist|generated)\//.test(path))
    .sort()
    .map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
}
