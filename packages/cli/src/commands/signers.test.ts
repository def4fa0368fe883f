import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { STRANGERS_KEY, folderOf, signer, trusted } from "../testing/package-samples.ts";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const route = `PUT /v2/signers/${STRANGERS_KEY}`;

describe("signers", () => {
  it("lists whose signatures are taken, and by whom what is installed", async () => {
    const all = [signer({ packages: ["weather"] }), signer({ name: "me", own: true })];
    const { out } = await run(["signers"], { "GET /v2/signers": { json: all } });
    expect(out).toMatch(/Ada +mk1_.* weather$/m);
    expect(out).toMatch(/me +mk1_.*your own/);
    const none = await run(["signers", "list"], { "GET /v2/signers": { json: [] } });
    expect(none.out).toBe("No key is trusted: nothing can be installed.\n");
  });

  it("trusts a key, also one that was copied in groups, under a name", async () => {
    const groups = STRANGERS_KEY.replaceAll(/(.{4})/g, "$1 ");
    const done = await run(["signers", "trust", groups, "--name", "Ada"], { [route]: { json: trusted() } });
    expect(done.asked).toMatchObject([{ route, body: { name: "Ada", own: false, rename: false } }]);
    const own = await run(["signers", "trust", STRANGERS_KEY, "--name", "me", "--own"], {
      [route]: { json: trusted({ name: "me", own: true }) },
    });
    expect(own.asked).toMatchObject([{ body: { own: true } }]);
    expect(own.out).toContain("are your words");
    const again = await run(["signers", "trust", STRANGERS_KEY, "--name", "Eve", "--rename"], {
      [route]: { json: trusted({ name: "Eve" }, "Ada") },
    });
    expect(again.asked).toMatchObject([{ body: { name: "Eve", rename: true } }]);
    expect(again.out).toContain("what Eve, until now Ada, signs is taken");
  });

  it.each([
    [["trust", STRANGERS_KEY], "--name WHO"],
    [["trust", "ssh-ed25519", "--name", "Ada"], "no public key"],
    [["remove", "mk1_short"], "no public key"],
  ])("asks nothing of the gateway for %j", async (argv, problem) => {
    expect(await run(["signers", ...argv], {})).toMatchObject({
      code: "USAGE",
      problem: expect.stringContaining(problem) as unknown,
      asked: [],
    });
  });

  it("removes a key", async () => {
    const done = await run(["signers", "remove", STRANGERS_KEY, "--json"], {
      [`DELETE /v2/signers/${STRANGERS_KEY}`]: { json: {} },
    });
    expect(JSON.parse(done.out)).toEqual({ key: STRANGERS_KEY, removed: true });
    const json = {
      code: "SIGNER_IN_USE",
      detail: "This key signed what is installed: weather.",
      next: "Remove that first.",
      family: "StorageError",
      recoverable: true,
      context: {},
    };
    const used = await run(["signers", "remove", STRANGERS_KEY], {
      [`DELETE /v2/signers/${STRANGERS_KEY}`]: { status: 409, json },
    });
    expect(used).toMatchObject({
      code: "SIGNER_IN_USE",
      problem: "This key signed what is installed: weather.",
      next: "Remove that first.",
    });
  });

  it("removes a key by the name that the list shows, unless two have it", async () => {
    const route = `DELETE /v2/signers/${STRANGERS_KEY}`;
    const one = { "GET /v2/signers": { json: [signer()] }, [route]: { json: {} } };
    expect((await run(["signers", "remove", "Ada"], one)).asked.at(-1)).toMatchObject({ route });
    expect(await run(["signers", "remove", "Bob"], one)).toMatchObject({
      code: "USAGE",
      problem: expect.stringContaining("No trusted key is called Bob") as unknown,
    });
    const two = await run(["signers", "remove", "Ada"], { "GET /v2/signers": { json: [signer(), signer()] } });
    expect(two).toMatchObject({ code: "USAGE", problem: expect.stringContaining("2 keys are called Ada") as unknown });
    expect(two.asked).toHaveLength(1);
  });

  it("shows one's own public key, and never the private part", async () => {
    const place = folderOf({});
    const mine = await run(["signers", "mine"], {}, { XDG_CONFIG_HOME: place.path });
    const secret = readFileSync(join(place.path, "moltbot/signing-key.pem"), "utf8").split("\n")[1] ?? "";
    place.remove();
    expect(mine.asked).toEqual([]);
    expect(mine.out).toMatch(/your key +mk1_[\w-]{43}\n/);
    expect(secret.length).toBeGreaterThan(40);
    expect(mine.out + mine.err).not.toContain(secret);
  });
});
