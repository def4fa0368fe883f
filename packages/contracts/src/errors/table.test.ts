import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, ERROR_FAMILIES, ERROR_TABLE, moltbotError } from "./index.ts";
import type { ErrorCode } from "./index.ts";

const HTTP = [202, 400, 401, 402, 403, 404, 405, 409, 413, 415, 421, 429, 500, 502, 503, 504];
const placeholdersOf = (code: ErrorCode): readonly string[] =>
  [...`${ERROR_TABLE[code].says} ${ERROR_TABLE[code].next}`.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

describe("every error of the table", () => {
  it.each(ERROR_CODES)("%s says what, why and what next, with a status and an exit code", (code) => {
    const entry = ERROR_TABLE[code];
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(ERROR_FAMILIES).toContain(entry.family);
    expect(entry.says).toMatch(code === "USAGE" ? /^\{problem\}$/ : /^(\p{Lu}|\{).*\.$/u);
    expect(entry.next).toMatch(/(\.|\{grant\}|\.\/moltbot start\.)$/);
    expect(HTTP).toContain(entry.http);
    expect([1, 2, 3, 4, 5, 6, 7, 8]).toContain(entry.exit);
  });

  it.each(ERROR_CODES)("%s has its placeholders filled when it is given what they name", (code) => {
    const context = Object.fromEntries(placeholdersOf(code).map((name) => [name, `<${name}>`]));
    const error = moltbotError(code, context);
    expect(`${error.message} ${error.next}`).not.toMatch(/\{\w+\}/);
    expect(error).toMatchObject({
      code,
      name: ERROR_TABLE[code].family,
      recoverable: ERROR_TABLE[code].recoverable,
      context,
    });
  });

  it("leaves exit code 6 to a turn that waits for an answer, which is no error", () => {
    expect(ERROR_CODES.filter((code) => ERROR_TABLE[code].exit === 6)).toEqual([]);
  });
});

describe("an error", () => {
  it("fills values as they are and never looks for placeholders in them", () => {
    expect(moltbotError("MODEL_UNKNOWN", { model: "{model} $& $1" }).message).toBe(
      "There is no model called {model} $& $1.",
    );
  });

  it("leaves a placeholder visible that nobody filled, also one that names an inherited property", () => {
    expect(moltbotError("MODEL_UNKNOWN").message).toBe("There is no model called {model}.");
    expect(moltbotError("NOT_FOUND", {}).message).toContain("{kind}");
  });

  it("cannot be changed, nor through the context it was given", () => {
    const context = { kind: "agent" };
    const error = moltbotError("NOT_FOUND", context);
    context.kind = "secret";
    expect(error.context).toEqual({ kind: "agent" });
    expect(Object.isFrozen(error)).toBe(true);
    expect(Object.isFrozen(error.context)).toBe(true);
  });
});

/** The names that a literal context gives at each place of the source where an error is made; places with a spread or a variable are left out. */
const contextsIn = (source: string): readonly { readonly code: string; readonly names: readonly string[] }[] =>
  [
    ...source.matchAll(
      /moltbotError\(\s*"([A-Z_]+)"\s*(?:\)|,\s*\{((?:[^{}`"]|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)*)\}\s*,?\s*\))/g,
    ),
  ].flatMap(([, code = "", body = ""]) =>
    body.includes("...")
      ? []
      : [
          {
            code,
            names: body
              .replace(/"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'/g, "_")
              .replace(/\([^()]*\)|\[[^[\]]*\]/g, "_")
              .split(",")
              .flatMap((entry) => /^\s*(\w+)/.exec(entry)?.[1] ?? []),
          },
        ],
  );

describe("the places that make errors", () => {
  const root = join(import.meta.dirname, "..", "..", "..");
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path) && !/\.test\.ts$|\/testing\/|node_modules/.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));

  it("are found by this test", () => {
    expect(contextsIn('moltbotError("NOT_FOUND", { kind: "a, b", id }) moltbotError("CONFLICT")')).toEqual([
      { code: "NOT_FOUND", names: ["kind", "id"] },
      { code: "CONFLICT", names: [] },
    ]);
    expect(sources.flatMap(({ text }) => contextsIn(text)).length).toBeGreaterThan(50);
  });

  it("fill every placeholder of the sentence", () => {
    const gaps = sources.flatMap(({ path, text }) =>
      contextsIn(text).flatMap(({ code, names }) => {
        const known = ERROR_CODES.find((one) => one === code);
        if (known === undefined) return [`${path}: ${code} is not in the table`];
        return placeholdersOf(known)
          .filter((name) => !names.includes(name))
          .map((name) => `${path}: ${code} lacks {${name}}`);
      }),
    );
    expect(gaps).toEqual([]);
  });
});
