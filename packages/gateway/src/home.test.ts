import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AgentId } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProject, placesOf, prepareHome } from "./home.ts";
import { idOf } from "./operations/testing/fake-house.ts";

let folder = "";
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "moltbot-home-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const keys = "/keys";

describe("the places of a home", () => {
  it("lie in it, but for the key file, which is named by the home's real path", () => {
    const real = join(folder, "real");
    mkdirSync(real);
    symlinkSync(real, join(folder, "link"));
    const home = placesOf(join(folder, "link"), keys, null);
    expect(home.root).toBe(real);
    expect(home.keyFile).toBe(placesOf(real, keys, null).keyFile);
    expect(dirname(home.keyFile)).toBe(keys);
    expect(placesOf(join(folder, "copy"), keys, null).keyFile).not.toBe(home.keyFile);
    expect(placesOf(real, keys, "/elsewhere/k").keyFile).toBe("/elsewhere/k");
    expect(home.workspaceOf(idOf(AgentId, 1))).toBe(join(real, "workspaces", idOf(AgentId, 1)));
  });

  it("are the same before the home exists and after", () => {
    const before = placesOf(join(folder, "new"), keys, null);
    mkdirSync(join(folder, "new"));
    expect(placesOf(join(folder, "new"), keys, null).keyFile).toBe(before.keyFile);
  });
});

describe("preparing a home", () => {
  it("makes its folders for this user alone", () => {
    const home = placesOf(join(folder, "new"), keys, null);
    expect(prepareHome(home).ok).toBe(true);
    for (const made of [home.root, home.audit, home.logs, home.run]) expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(existsSync(join(home.root, "workspaces"))).toBe(true);
  });

  it("says that the home cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    expect(prepareHome(placesOf(join(folder, "file", "home"), keys, null))).toMatchObject({
      ok: false,
      error: { code: "HOME_NOT_WRITABLE", context: { problem: "ENOTDIR" } },
    });
  });

  it.skipIf(process.platform === "win32")(
    "refuses a socket folder that others could put a socket of their own into",
    () => {
      const home = placesOf(join(folder, "x".repeat(100)), keys, null);
      expect(home.socket.startsWith(tmpdir())).toBe(true);
      mkdirSync(dirname(home.socket), { recursive: true });
      try {
        chmodSync(dirname(home.socket), 0o777);
        expect(prepareHome(home)).toMatchObject({
          ok: false,
          error: { code: "HOME_NOT_WRITABLE", context: { home: dirname(home.socket) } },
        });
        chmodSync(dirname(home.socket), 0o700);
        expect(prepareHome(home).ok).toBe(true);
        rmSync(dirname(home.socket), { recursive: true });
        symlinkSync(folder, dirname(home.socket));
        expect(prepareHome(home)).toMatchObject({ ok: false, error: { code: "HOME_NOT_WRITABLE" } });
      } finally {
        rmSync(dirname(home.socket), { recursive: true, force: true });
      }
    },
  );
});

describe("finding the project", () => {
  it("climbs to the folder of the package called moltbot", () => {
    const project = join(folder, "p");
    mkdirSync(join(project, "packages", "gateway"), { recursive: true });
    writeFileSync(join(project, "package.json"), '{ "name": "moltbot" }');
    writeFileSync(join(project, "packages", "gateway", "package.json"), '{ "name": "@moltbot/gateway" }');
    expect(findProject(`file://${join(project, "packages", "gateway", "x.ts")}`)).toBe(project);
  });
});
