import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConversationId, label, SOMEBODY } from "@moltbot/contracts";
import type { JsonObject, Label, Source, ToolCall } from "@moltbot/contracts";
import { buildHouse, callOf, person, scope } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { broughtBy, noteOutside, outsideIn, outsideLabel } from "./from-outside.ts";

const PAGE: Source = { kind: "host", ref: "page.example:443" };
const REMEMBERED: Source = { kind: "memory", ref: "m7" };
const REPO: Source = { kind: "host", ref: "repo.example:443" };
const untrusted = (...sources: readonly Source[]): Label => label("untrusted", [person], sources);

let folder: string;
let place: { readonly copy: string };
const mark = (): string => `${place.copy}.outside`;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moltbot-mark-"));
  place = { copy: join(folder, "copy") };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the mark beside a copy", () => {
  it("names each once, in the order they came, and only the person of the gateway reads it", async () => {
    expect(await outsideIn(place)).toBeNull();
    await noteOutside(place, null);
    expect(await outsideIn(place)).toBeNull();
    await noteOutside(place, [REPO, PAGE, REPO]);
    await noteOutside(place, [PAGE, REMEMBERED]);
    expect(await outsideIn(place)).toEqual([REPO, PAGE, REMEMBERED]);
    expect((await readFile(mark(), "utf8")).split("\n").filter((line) => line !== "").length).toBe(3);
    expect((await stat(mark())).mode & 0o777).toBe(0o600);
    expect(await outsideLabel(place)).toEqual(label("authority", "public", [REPO, PAGE, REMEMBERED]));
  });

  it("says that something came from outside also where nobody of it has a name, and forgets nobody", async () => {
    await noteOutside(place, []);
    expect(await outsideIn(place)).toEqual([]);
    await noteOutside(place, [REPO]);
    await noteOutside(place, []);
    expect(await outsideIn(place)).toEqual([REPO]);
  });

  it.each([
    ["a line that a crash cut off", '{"kind":"host","re'],
    ["no JSON", "repo.example"],
    ["a number", "5"],
    ["null", "null"],
    ["a list", '["host","a"]'],
    ["a kind that there is not", '{"kind":"person","ref":"a"}'],
    ["a part more", '{"kind":"host","ref":"a","more":1}'],
    ["no name", '{"kind":"host"}'],
  ])("reads %s as somebody unknown, and the others as they are", async (_, line) => {
    await noteOutside(place, [REPO]);
    await appendFile(mark(), line);
    expect(await outsideIn(place)).toEqual([REPO, SOMEBODY]);
    await noteOutside(place, [PAGE]);
    expect(await outsideIn(place)).toEqual([REPO, SOMEBODY, PAGE]);
  });

  it("reads whatever bytes stand there as somebody, and keeps who comes after them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async (bytes) => {
        await writeFile(mark(), bytes);
        const isBlank = Buffer.from(bytes).toString("utf8").replaceAll("\n", "") === "";
        const found = await outsideIn(place);
        expect(found?.every(({ ref }) => ref === SOMEBODY.ref)).toBe(true);
        expect((found ?? []).length > 0).toBe(!isBlank);
        await noteOutside(place, [PAGE]);
        expect(await outsideIn(place)).toContainEqual(PAGE);
      }),
      { numRuns: 40 },
    );
  });

  it("takes names apart that try to be lines, whatever is in them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 3 }), async (names) => {
        await rm(mark(), { force: true });
        const hosts = [...new Set([...names, 'a\n{"kind":"host","ref":"b"}', "\u2028"])].map((ref): Source => ({
          kind: "host",
          ref,
        }));
        await noteOutside(place, hosts);
        expect(await outsideIn(place)).toEqual(hosts);
      }),
      { numRuns: 40 },
    );
  });

  it("is somebody where it cannot be read, and lets nothing run where it cannot be written", async () => {
    await mkdir(mark());
    expect(await outsideIn(place)).toEqual([SOMEBODY]);
    expect((await noteOutside(place, [REPO])).ok).toBe(false);
    await rm(mark(), { recursive: true });
    await noteOutside(place, [REPO]);
    if (process.getuid?.() === 0) return;
    await chmod(mark(), 0o000);
    expect(await outsideIn(place)).toEqual([SOMEBODY]);
    expect((await noteOutside(place, [PAGE])).ok).toBe(false);
  });
});

describe("whom a call brings to a program", () => {
  it("is who was in view or in a value, and each host; nobody for the owner's own without network", () => {
    const own = label("authority", [person], [PAGE]);
    expect(broughtBy({ label: own }, [])).toBeNull();
    expect(broughtBy({ label: own, values: { input: own } }, [])).toBeNull();
    expect(broughtBy({ label: own }, ["repo.example:443"])).toEqual([REPO]);
    expect(broughtBy({ label: own, values: { input: untrusted(REMEMBERED) } }, [])).toEqual([REMEMBERED]);
    expect(broughtBy({ label: untrusted(PAGE, { kind: "tool", ref: "exec.run" }) }, [])).toEqual([PAGE]);
    expect(broughtBy({ label: label("participant", [person]) }, [])).toEqual([]);
  });
});

describe("what programs say and leave", () => {
  let house: House;
  beforeEach(async () => void (house = await buildHouse()));
  afterEach(() => house.close());
  const labelOf = async (tool: string, given: JsonObject, more: Partial<ToolCall> = {}): Promise<Label> => {
    const ran = await house.run(callOf(tool, given, more));
    if (!ran.ok) throw new Error(ran.error.code);
    return ran.value.label;
  };
  const CLONE: JsonObject = { argv: ["git", "clone"], network: ["repo.example"] };

  it("names who had a part in the copy, in every later run of that conversation, and in no other", async () => {
    expect((await labelOf("exec.run", { argv: ["make"] })).sources).not.toContainEqual(REPO);
    expect((await labelOf("exec.run", CLONE)).sources).toContainEqual(REPO);
    await labelOf("exec.run", { argv: ["make"] }, { label: untrusted(REMEMBERED) });
    const later = await labelOf("exec.run", { argv: ["make"] });
    expect([later.integrity, later.sources]).toEqual(["untrusted", expect.arrayContaining([REPO, REMEMBERED])]);
    expect((await labelOf("exec.shell", { command: "make" })).sources).toContainEqual(REPO);
    const elsewhere = { conversationId: ConversationId.parse("01890000-0000-7000-8000-000000000009") };
    expect((await labelOf("exec.run", { argv: ["make"] }, elsewhere)).sources).not.toContainEqual(REPO);
  });

  it("names who came in while a program ran in the background", async () => {
    const started = await house.run(callOf("exec.start", { argv: ["serve"] }));
    if (!started.ok) throw new Error(started.error.code);
    const program = started.value.text.replace("started: program ", "");
    expect((await labelOf("exec.output", { program, seconds: 0 })).sources).not.toContainEqual(PAGE);
    await labelOf("exec.input", { program, text: "x" }, { label: untrusted(PAGE) });
    expect((await labelOf("exec.output", { program, seconds: 0 })).sources).toContainEqual(PAGE);
  });

  it("is kept with those names: the label of a kept file, as it is read again", async () => {
    house.fake.act = (copy) => writeFile(join(copy, "a.js"), "a - b");
    await labelOf("exec.run", CLONE);
    await house.run(callOf("exec.keep", {}));
    const known = await house.ports.fileLabels.of(scope, Buffer.from("a - b"));
    expect(known.ok && [known.value?.integrity, known.value?.sources]).toEqual([
      "untrusted",
      expect.arrayContaining([REPO]),
    ]);
    const read = await labelOf("file.read", { path: "a.js" });
    expect(read.sources).toContainEqual(REPO);
  });

  it("goes with the copy, and a new one has nobody in it", async () => {
    await labelOf("exec.run", CLONE);
    await house.fake.programs.copy.remove(house.fake.copy);
    expect(await outsideIn({ copy: house.fake.copy })).toBeNull();
    expect((await labelOf("exec.run", { argv: ["make"] })).sources).not.toContainEqual(REPO);
  });

  it("unplug: where the mark is lost, a program says what a host sent as if nobody had", async () => {
    await labelOf("exec.run", CLONE);
    expect((await labelOf("exec.run", { argv: ["cat", "a.md"] })).sources).toContainEqual(REPO);
    await rm(`${house.fake.copy}.outside`);
    expect((await labelOf("exec.run", { argv: ["cat", "a.md"] })).sources).not.toContainEqual(REPO);
  });
});
