import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/** Packages whose folders under src are rooms. */
const WITH_ROOMS = ["ingress", "core", "execution", "storage", "gateway"];

type Room = { readonly path: string; readonly says: string };

/** The fenced block marked `tree`: two spaces of indent per level, a name that ends in a slash, a description. */
function writtenTree(markdown: string): readonly Room[] {
  const block = /^```tree\n([\s\S]*?)^```/m.exec(markdown)?.[1] ?? "";
  const parents: string[] = [];
  return block
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, indent = "", name = "", says = ""] = /^( *)([\w.-]+)\/\s*(.*)$/.exec(line) ?? [];
      if (name === "") throw new Error(`not a line of the tree: ${line}`);
      parents.length = indent.length / 2;
      parents.push(name);
      return { path: parents.join("/"), says };
    });
}

function foldersIn(path: string): readonly string[] {
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "dist", "generated"].includes(entry.name))
    .map((entry) => entry.name);
}

const holdsCode = (path: string): boolean =>
  readdirSync(join(root, path), { recursive: true, encoding: "utf8" }).some((name) => name.endsWith(".ts"));

function realTree(): readonly string[] {
  const packages = foldersIn("packages").filter((name) => existsSync(join(root, "packages", name, "package.json")));
  const rooms = packages
    .filter((name) => WITH_ROOMS.includes(name) && existsSync(join(root, "packages", name, "src")))
    .flatMap((name) =>
      foldersIn(`packages/${name}/src`)
        .filter((room) => holdsCode(`packages/${name}/src/${room}`))
        .map((room) => `packages/${name}/${room}`),
    );
  return ["packages", ...packages.map((name) => `packages/${name}`), ...rooms];
}

describe("the tree in ARCHITECTURE.md", () => {
  const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const written = writtenTree(architecture);

  it("is the tree on disk", () => {
    expect(written.length).toBeGreaterThan(20);
    expect(written.map(({ path }) => path).toSorted()).toEqual(realTree().toSorted());
  });

  it("says what each room does", () => {
    expect(written.filter(({ path, says }) => path !== "packages" && says.length < 5)).toEqual([]);
  });

  it("names the folders around the packages", () => {
    const around = foldersIn(".").filter((name) => !name.startsWith(".") && !["packages", "coverage"].includes(name));
    expect(around.filter((name) => !architecture.includes(`\`${name}/\``))).toEqual([]);
  });

  it("has an index.ts in each room that opens with what the room is for", () => {
    // Beside settings and policy, the folders of the gateway are wiring and have no door of their own.
    const wiring = (path: string): boolean =>
      path.startsWith("packages/gateway/") && !["settings", "policy"].some((room) => path.endsWith(`/${room}`));
    const rooms = realTree().filter((path) => path.split("/").length === 3 && !wiring(path));
    const silent = rooms.filter((path) => {
      const [, name = "", room = ""] = path.split("/");
      const index = join(root, "packages", name, "src", room, "index.ts");
      return !existsSync(index) || !/^\s*(\/\*\*|\/\/)/.test(readFileSync(index, "utf8"));
    });
    expect(silent).toEqual([]);
  });
});
