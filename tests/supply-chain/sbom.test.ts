import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseLock, readLock } from "../../scripts/supply-chain/lockfile.ts";
import { readModelPins } from "../../scripts/supply-chain/model-pins.ts";
import { readPrograms } from "../../scripts/supply-chain/programs.ts";
import type { Program } from "../../scripts/supply-chain/programs.ts";
import { readReviewed } from "../../scripts/supply-chain/reviewed.ts";
import { makeBill, purlOf } from "../../scripts/supply-chain/sbom.ts";
import type { Bill } from "../../scripts/supply-chain/sbom.ts";

const root = join(import.meta.dirname, "..", "..");
const schemas = join(
  dirname(createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json")),
  "res",
  "schema",
);
const readSchema = (name: string): object =>
  z.looseObject({}).parse(JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), "utf8")));

/** Judges by the official schema of CycloneDX 1.6 with the list of SPDX names that belongs to it. */
const createJudge = (): ((bill: unknown) => readonly string[]) => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  // Ours holds no such address; the formats are of a later draft than ajv-formats knows.
  for (const format of ["iri-reference", "idn-email"]) ajv.addFormat(format, true);
  for (const name of ["spdx", "jsf-0.82", "cryptography-defs"]) {
    ajv.addSchema({ ...readSchema(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` });
  }
  const validate = ajv.compile(readSchema("bom-1.6"));
  return (bill) => (validate(bill) ? [] : (validate.errors ?? []).map((one) => `${one.instancePath} ${one.message}`));
};

const Part = z.looseObject({
  type: z.string(),
  "bom-ref": z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string().optional(),
  scope: z.string(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
  licenses: z.array(z.looseObject({})).optional(),
});

describe("the bill of materials", () => {
  const lock = readLock(root);
  const pins = readModelPins(root);
  const reviewed = readReviewed(root);
  let programs: readonly Program[];
  let bill: Bill;
  beforeAll(async () => {
    programs = await readPrograms(root, lock, reviewed);
    bill = makeBill(lock, programs, pins);
  });
  const parts = () => z.array(Part).parse(bill.components);
  const part = (ref: string) => parts().find((one) => one["bom-ref"] === ref);

  it("is valid by the official schema, which refuses a broken one", () => {
    const judge = createJudge();
    expect(judge(JSON.parse(JSON.stringify(bill)))).toEqual([]);
    const [first, ...rest] = parts();
    expect(judge({ ...bill, components: [{ ...first, type: "thing" }, ...rest] })).not.toEqual([]);
    expect(
      judge({ ...bill, components: [{ ...first, licenses: [{ license: { id: "No-Such-1.0" } }] }, ...rest] }),
    ).not.toEqual([]);
    expect(judge({ ...bill, serialNumber: "1" })).not.toEqual([]);
  });

  it("names every package that a program loads, with its hash and its licence", () => {
    const wanted = programs.flatMap(({ packages }) => packages.map(({ name, version }) => purlOf(name, version)));
    expect(wanted.length).toBeGreaterThan(100);
    for (const purl of wanted) {
      const found = part(purl);
      expect(found?.purl, purl).toBe(purl);
      expect(found?.hashes?.[0]?.content, purl).toMatch(/^[0-9a-f]{128}$/);
      expect(found?.licenses, purl).toHaveLength(1);
    }
  });

  it("says what is always there and what one machine may lack, and leaves out what only development needs", () => {
    const version = (folder: string) => lock.packages[folder]?.version ?? "";
    expect(part(purlOf("fastify", version("node_modules/fastify")))?.scope).toBe("required");
    expect(part(purlOf("@napi-rs/keyring", version("node_modules/@napi-rs/keyring")))?.scope).toBe("optional");
    expect(parts().some(({ name }) => name === "vitest" || name === "playwright-core")).toBe(false);
  });

  it("holds the runtime and the model with its hash", () => {
    expect(parts().filter(({ type }) => type === "platform")).toHaveLength(5);
    const model = part("models/tiny-router");
    expect(model?.type).toBe("machine-learning-model");
    expect(model?.hashes).toEqual([
      { alg: "SHA-256", content: pins["tiny-router"]?.files["tiny-router.gguf"]?.sha256 },
    ]);
    expect(model?.licenses).toEqual([{ license: { id: "MIT" } }]);
  });

  it("has a graph whose every end is a component, and every component is reached from the whole", () => {
    const Graph = z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) }));
    const graph = new Map(Graph.parse(bill["dependencies"]).map(({ ref, dependsOn }) => [ref, dependsOn]));
    const reached = new Set<string>();
    const queue = ["moltbot"];
    for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
      if (reached.has(ref)) continue;
      reached.add(ref);
      queue.push(...(graph.get(ref) ?? []));
    }
    const refs = parts().map((one) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    expect([...reached].filter((ref) => ref !== "moltbot").toSorted()).toEqual(refs.toSorted());
  });

  it("is the same for the same lock, and another with another number when a hash in it changes", () => {
    expect(JSON.stringify(makeBill(readLock(root), programs, readModelPins(root)))).toBe(JSON.stringify(bill));
    const zod = { ...lock.packages["node_modules/zod"], integrity: `sha512-${"A".repeat(86)}==` };
    const other = makeBill(
      parseLock(JSON.stringify({ ...lock, packages: { ...lock.packages, "node_modules/zod": zod } })),
      programs,
      pins,
    );
    expect(other["serialNumber"]).not.toBe(bill["serialNumber"]);
    expect(JSON.stringify(bill)).not.toMatch(/timestamp/);
  });
});
