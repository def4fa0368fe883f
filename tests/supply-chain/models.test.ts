import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeModels, readModelPins } from "../../scripts/supply-chain/model-pins.ts";

const root = join(import.meta.dirname, "..", "..");
const pins = readModelPins(root);

/** What is said of a copy of models/ after `change`. */
const judged = (change: (folder: string) => void, licences: readonly string[] = ["MIT"]): readonly string[] => {
  const copy = mkdtempSync(join(tmpdir(), "models-"));
  cpSync(join(root, "models"), join(copy, "models"), { recursive: true });
  change(join(copy, "models"));
  return judgeModels(copy, pins, licences);
};

describe("the files in models/", () => {
  it("are pinned, every one, by size, hash and licence", () => {
    expect(judgeModels(root, pins, ["MIT"])).toEqual([]);
    expect(Object.keys(pins)).toEqual(["tiny-router"]);
  });

  it.each(Object.keys(pins["tiny-router"]?.files ?? {}))("%s is refused when one byte of it is another", (name) => {
    const said = judged((folder) => {
      const file = join(folder, "tiny-router", name);
      const bytes = readFileSync(file);
      const middle = bytes.length >> 1;
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      writeFileSync(file, bytes);
    });
    expect(said).toEqual([`models/tiny-router/${name} is not what was pinned (SHA-256 differs)`]);
  });

  it("are refused when one is missing, longer, unknown or under another licence", () => {
    expect(judged((folder) => rmSync(join(folder, "tiny-router", "vocab.json")))).toEqual([
      "models/tiny-router/vocab.json is pinned and missing",
    ]);
    expect(judged((folder) => writeFileSync(join(folder, "tiny-router", "router.gbnf"), "root ::=")).join()).toContain(
      "its pin says 698",
    );
    const unknown = judged((folder) => {
      mkdirSync(join(folder, "other"));
      writeFileSync(join(folder, "other", "other.gguf"), "GGUF");
    });
    expect(unknown.join()).toContain("models/other/other.gguf has no pin");
    expect(judged(() => undefined, ["ISC"]).join()).toContain("is under MIT, which is not an allowed licence");
  });

  it("are held to the pins that the gateway's program carries inside itself", () => {
    const pin = pins["tiny-router"];
    const parts = readdirSync(join(root, "dist", "chunks")).filter((name) => name.startsWith("gateway-"));
    const texts = ["gateway.mjs", ...parts.map((name) => join("chunks", name))].map((name) =>
      readFileSync(join(root, "dist", name), "utf8"),
    );
    for (const file of [pin?.weights ?? "", "router.gbnf"]) {
      const hash = pin?.files[file]?.sha256 ?? `no pin of ${file}`;
      expect(texts.some((text) => text.includes(hash))).toBe(true);
    }
  });
});
