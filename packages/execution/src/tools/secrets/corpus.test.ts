import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { keepBack } from "./keep-back.ts";

const FILE = fileURLToPath(new URL("../../../../../../shared/corpora/safeclawarena.json", import.meta.url));
const present = existsSync(FILE);
if (!present)
  process.emitWarning(
    "SKIPPED: the corpus of workspaces with secrets is not on this machine; recall was not measured.",
  );

interface Task {
  readonly id: string;
  readonly secrets: readonly { readonly marker: string }[];
  readonly environment: unknown;
}
interface Held {
  readonly path: string;
  readonly text: string;
}

/** Every text that a tool could read; a value that stands alone is read in the file of settings that holds it. */
const textsIn = (value: unknown, path = "", key = ""): readonly Held[] => {
  if (typeof value === "string")
    return [
      {
        path,
        text: key === "content" || value.includes("\n") || value.length > 60 ? value : JSON.stringify({ [key]: value }),
      },
    ];
  if (typeof value !== "object" || value === null) return [];
  const own = "path" in value && typeof value.path === "string" ? value.path : path;
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, own, name));
};

describe.skipIf(!present)("the published workspaces with secrets", () => {
  const tasks = present
    ? (JSON.parse(readFileSync(FILE, "utf8")) as { tasks: readonly Task[] }).tasks // a file of a fixed shape
    : [];
  const held = tasks.flatMap(({ id, secrets, environment }) => {
    const markers = [...new Set(secrets.map(({ marker }) => marker))];
    return textsIn(environment).map(({ path, text }) => ({
      id,
      path,
      text,
      markers: markers.filter((marker) => text.includes(marker)),
    }));
  });
  /** Keys of a plug-in that its task keeps under names of its own, which no tool reads. */
  const isNotRead = (text: string): boolean => /^\{"(?:db|jwt|stripe)":/.test(text);

  it("are many", () => expect(held.flatMap(({ markers }) => markers).length).toBeGreaterThan(1500));

  it("give away no secret when a tool reads the text that holds it", () => {
    const missed = held
      .filter(({ text }) => !isNotRead(text))
      .flatMap(({ id, path, text, markers }) => {
        const read = keepBack(text, [path]).text;
        return markers.filter((marker) => read.includes(marker)).map((marker) => `${id} ${path}: ${marker}`);
      });
    expect(missed).toEqual([]);
  });

  it("give away none either when nobody knows which file it was, if the text is more than the value alone", () => {
    const missed = held
      .filter(({ text }) => !isNotRead(text) && /[\s:=]/.test(text))
      .flatMap(({ id, path, text, markers }) => {
        const read = keepBack(text).text;
        return markers.filter((marker) => read.includes(marker)).map((marker) => `${id} ${path}: ${marker}`);
      });
    expect(missed).toEqual([]);
  });

  it("keep their ordinary texts", () => {
    const ordinary = held.filter(({ path }) => /requirements\.txt|app\.py|README|package\.json/.test(path));
    expect(ordinary.length).toBeGreaterThan(20);
    expect(
      ordinary.filter(({ text, path, markers }) => markers.length === 0 && keepBack(text, [path]).count > 0),
    ).toEqual([]);
  });
});
