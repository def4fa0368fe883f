import { describe, expect, it } from "vitest";
import { report, skillManifest, weatherManifest } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { packageReport } from "./package-report.ts";

const words = (...given: Parameters<typeof report>): string => readTemplate(packageReport(report(...given))).words;
const remark = (code: string, says: string) => ({ code, says, next: "Do this next." });

describe("the card of a package", () => {
  it("says what it may touch, every word that models read, whose it is, and its limits", () => {
    const said = words({ manifest: weatherManifest({ author: "Harbour", homepage: "https://harbour.example" }) });
    for (const part of [
      "weather 1.0.0, a plugin by Harbour .",
      "What Weather may touch Sends web requests (GET) to api.test.",
      "Each only looks things up.",
      "Forecast weather.forecast The weather of a place.",
      "place A town. one of: Brest, Kiel",
      "days Which days. Of this week.",
      "as its author says To ask for it. Names of places.",
      "Signed by Harbour Tools mk1_ Abc9",
      "A call ends after 15 s",
      "4 KB, SHA-256 abab",
      "main.js 1 KB",
    ])
      expect(said).toContain(part);
  });

  it("gives every refusal with its code and what to do, before anything else", () => {
    const said = words({
      refusals: [remark("PACKAGE_DOWNGRADE", "It is older."), remark("PACKAGE_INVALID", "It has no main.js.")],
      warnings: [remark("INJECTION_PHRASE", "Its texts give orders.")],
    });
    expect(said).toContain(
      "It is older. Do this next. PACKAGE_DOWNGRADE It has no main.js. Do this next. PACKAGE_INVALID",
    );
    expect(said.indexOf("PACKAGE_INVALID")).toBeLessThan(said.indexOf("may touch"));
    expect(said).toContain("Its texts give orders. Do this next.");
  });

  it("lets nobody vouch for a file that was changed after they signed it", () => {
    const said = words({ refusals: [remark("PACKAGE_ALTERED", "It was changed.")] });
    expect(said).toContain("Signed by nobody: it names Harbour Tools , who did not sign this");
    expect(words({ signer: null })).toContain("Signed by nobody");
    expect(words({ signer: { key: report().signer?.key, trusted: false, name: null } })).toContain(
      "a key that you have not trusted yet",
    );
  });

  it("shows what hides in somebody’s words by its code", () => {
    const { markup } = readTemplate(packageReport(report({ touches: ["to ev\u202Eil"] })));
    expect(markup).toContain("U+202E");
    expect(markup).not.toContain("\u202E");
  });

  it("says what an update may do beyond the installed one, and what it loses", () => {
    const difference = {
      from: "1.0.0",
      to: "1.1.0",
      widens: ["It may send web requests to b.test:443."],
      narrows: ["It may call calc."],
      files: { added: [], changed: [], removed: [] },
    };
    const said = words({ difference });
    expect(said).toContain(
      "1.1.0 may do more than the installed 1.0.0. This is new: It may send web requests to b.test:443.",
    );
    expect(said).toContain("What it loses It may call calc.");
    expect(words({ difference: { ...difference, widens: [], narrows: [] } })).toContain(
      "It may do no more than the installed 1.0.0.",
    );
  });

  it("says of a skill whose words it holds, what it names, and its files", () => {
    const of = (change: Readonly<Record<string, unknown>>) =>
      words({
        kind: "skill",
        name: "tidy-notes",
        manifest: skillManifest(change),
        files: [{ path: "SKILL.md", bytes: 100 }],
      });
    const said = of({ compatibility: "git", tools: ["exec.run"] });
    for (const part of [
      "Somebody else’s words, which its signer only packed.",
      "It says it needs: git",
      "It names tools, and is given none: exec.run",
      "1 file SKILL.md 100 bytes",
    ])
      expect(said).toContain(part);
    expect(of({ origin: "own" })).toContain("Its signer stands for it as for their own words.");
    expect(said).not.toContain("Its tools");
  });

  it("says that a plugin without tools has none", () => {
    expect(words({ manifest: weatherManifest({ tools: [], permissions: [], sees: [] }) })).toContain("It has none");
  });
});
