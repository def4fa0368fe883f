import type { OperationName, PackageReport, PluginInfo, Role, SkillInfo } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, secret, settle, standIn, stubForms } from "../testing/keeping.ts";
import { DIGEST, KEY, ownAgent, plugin, report, skill, skillManifest, weatherManifest } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, ME } from "../testing/samples.ts";
import { AddPackage } from "./add-package.ts";

/** Stands in for the page's reader of files: it gives back what the file is called. */
class FakeReader extends EventTarget {
  result: string | null = null;
  readAsDataURL(file: File): void {
    this.result = file.name === "gone" ? null : `data:;base64,${file.name}`;
    this.dispatchEvent(new Event(file.name === "gone" ? "error" : "load"));
  }
}
beforeEach(() => {
  stubForms();
  vi.stubGlobal("FileReader", FakeReader);
});
afterEach(() => vi.unstubAllGlobals());

interface Here {
  readonly table?: { readonly [N in OperationName]?: unknown };
  readonly role?: Role;
  readonly plugins?: readonly PluginInfo[];
  readonly skills?: readonly SkillInfo[];
}
const open = ({ table = {}, role = "owner", plugins = [], skills = [] }: Here = {}) => {
  const gateway = gatewayOf({
    "packages.inspect": report(),
    "plugins.install": plugin(),
    "plugins.update": plugin({ version: "1.1.0" }),
    "skills.install": skill(),
    ...table,
  });
  const add = new AddPackage();
  const done = standIn(add);
  const given = { agents: [ownAgent], secrets: [secret("token")], plugins, skills };
  Object.assign(add, { call: gateway.call, me: { ...ME, role }, ...given, changed: () => done.push("changed") });
  const read = () => readTemplate((add as unknown as { render(): unknown }).render()); // what Lit calls
  const look = (name = "QUJD"): Promise<void> => add.look(new File(["x"], name));
  const submit = async (fields: Readonly<Record<string, string>> = {}): Promise<void> => {
    read().fire("submit", "Install", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { add, done, read, look, submit, ...gateway };
};
const remark = (code: string) => ({ code, says: `It is ${code}.`, next: "Next." });
const refusedAs = (...codes: readonly string[]): PackageReport => report({ refusals: codes.map(remark) });
const chooses = report({
  manifest: weatherManifest({ permissions: [{ kind: "http", hosts: [], chosen: true, why: "x" }] }),
});

describe("a package from a file", () => {
  it("is looked at before anything else, and installed by the digest that was shown", async () => {
    const { look, read, submit, asked, done, add } = open();
    await look();
    expect(asked).toEqual([{ name: "packages.inspect", input: { archive: "QUJD" } }]);
    expect(done).toEqual(["focus #package-card"]);
    expect(read().words).toContain("What Weather may touch");
    await submit({ [`agent-${AGENT}`]: "yes" });
    expect(asked.at(-1)).toEqual({
      name: "plugins.install",
      input: { archive: "QUJD", digest: DIGEST, agents: [AGENT], choices: { hosts: [], secrets: {} }, anyway: false },
    });
    expect([add.looked, add.said]).toEqual([null, "Weather is installed."]);
    expect(done.slice(-2)).toEqual(["changed", "focus .add-package"]);
  });

  it("gets no agent that was not ticked, and the hosts that were named", async () => {
    const { look, submit, asked } = open({ table: { "packages.inspect": chooses } });
    await look();
    await submit({ hosts: "Blog.example" });
    expect(asked.at(-1)?.input).toMatchObject({ agents: [], choices: { hosts: ["blog.example:443"] } });
  });

  it("keeps its card and says why when it is refused after all", async () => {
    const { look, submit, read, add } = open({
      table: { "plugins.install": refused("PACKAGE_NOT_CONFIRMED", { digest: "cd" }) },
    });
    await look();
    await submit();
    expect(read().words).toContain("What was looked at is not what was sent");
    expect(add.looked).not.toBeNull();
  });

  it.each(["PACKAGE_UNSIGNED", "PACKAGE_ALTERED", "SIGNER_CHANGED", "PACKAGE_DOWNGRADE"])(
    "is not installed as %s: nothing leads there",
    async (code) => {
      const { look, read } = open({ table: { "packages.inspect": refusedAs(code) } });
      await look();
      const { words, markup } = read();
      expect(words).toContain(`It is ${code}. Next. ${code}`);
      expect(words).toContain("It is not installed.");
      expect(markup).not.toContain("<form");
      expect(markup).not.toContain("<trust-signer");
    },
  );

  it("has its key trusted first where that alone is missing, and is looked at again", async () => {
    const unknown = report({ signer: { key: KEY, trusted: false, name: null }, refusals: [remark("SIGNER_UNKNOWN")] });
    const { look, read, answers, asked, done } = open({ table: { "packages.inspect": unknown } });
    await look();
    expect(read().markup).toContain("<trust-signer");
    expect(read().markup).not.toContain("<form");
    answers["packages.inspect"] = report();
    read().handed("trusted")();
    await settle();
    expect(asked.map(({ name }) => name)).toEqual(["packages.inspect", "packages.inspect"]);
    expect(done).toContain("changed");
    expect(read().markup).toContain("<form");

    const more = open({
      table: { "packages.inspect": { ...unknown, refusals: [remark("SIGNER_UNKNOWN"), remark("X")] } },
    });
    await more.look();
    expect(more.read().markup).not.toContain("<trust-signer");
  });

  it("needs a second word where its name is taken for another’s", async () => {
    const alike = report({ warnings: [remark("PACKAGE_LOOKS_LIKE")] });
    const { look, read, submit, asked } = open({ table: { "packages.inspect": alike } });
    await look();
    expect(read().markup).toMatch(/name="anyway"[^>]*required/);
    expect(read().words).toContain("w e a t h e r");
    await submit({ anyway: "yes" });
    expect(asked.at(-1)?.input).toMatchObject({ anyway: true });
    const plain = open();
    await plain.look();
    expect(plain.read().markup).not.toContain('name="anyway"');
  });

  it("comes as an update where it is installed, and says when that waits", async () => {
    const difference = {
      from: "1.0.0",
      to: "1.1.0",
      widens: ["More."],
      narrows: [],
      files: { added: [], changed: [], removed: [] },
    };
    const newer = report({ version: "1.1.0", manifest: weatherManifest({ version: "1.1.0" }), difference });
    const wider = open({ plugins: [plugin()], table: { "packages.inspect": newer, "plugins.update": plugin() } });
    await wider.look();
    expect(wider.read().words).toContain("Put it beside the installed one");
    expect(wider.read().markup).not.toContain('name="agent-');
    await wider.submit();
    expect(wider.asked.at(-1)).toEqual({ name: "plugins.update", input: { name: "weather", archive: "QUJD" } });
    expect(wider.add.said).toBe("Weather 1.1.0 waits for you below.");

    const same = open({
      plugins: [plugin()],
      table: { "packages.inspect": { ...newer, difference: { ...difference, widens: [] } } },
    });
    await same.look();
    expect(same.read().words).toContain("Update");
    await same.submit();
    expect(same.add.said).toBe("Weather is 1.1.0 now.");
  });

  it("is a skill as well, for the agents that had it", async () => {
    const of = report({ kind: "skill", name: "tidy-notes", manifest: skillManifest(), files: [] });
    const { look, submit, asked, add, read } = open({ skills: [skill()], table: { "packages.inspect": of } });
    await look();
    expect(read().words).toContain("Agents of yours that may read it");
    expect(read().markup).toContain("?checked=true");
    await submit({ [`agent-${AGENT}`]: "yes" });
    expect(asked.at(-1)).toEqual({
      name: "skills.install",
      input: { archive: "QUJD", digest: DIGEST, agents: [AGENT], anyway: false },
    });
    expect(add.said).toBe("tidy-notes is installed.");
  });

  it("is not even sent where it is too large or cannot be read", async () => {
    const { add, read, asked, look, done } = open();
    await add.look({ name: "fi\u200Blm", size: 3_000_000 } as File); // no file of that size is made for a test
    expect(read().words).toContain("“fi⟨U+200B⟩lm” has 2.9 MB; no package has more than 2 MB.");
    await look("gone");
    expect(read().words).toContain("“gone” cannot be read.");
    expect(asked).toEqual([]);
    expect(done.at(-1)).toBe("focus #package-problem");
  });

  it("gives way to a file that came later", async () => {
    const { add, look, asked } = open();
    const first = look("first");
    const second = look("second");
    await Promise.all([first, second]);
    expect(asked.map(({ input }) => input)).toEqual([{ archive: "second" }]);
    expect(add.looked?.archive).toBe("second");
  });

  it("is not taken while another one is asked about", async () => {
    const { add, look, asked } = open();
    add.busy = true;
    await look("late");
    expect([add.looked, asked]).toEqual([null, []]);
  });

  it("is looked at by a member and installed by the owner alone; a viewer has no such way", async () => {
    const { look, read } = open({ role: "member" });
    await look();
    expect(read().words).toContain("Only the owner installs it.");
    expect(read().markup).not.toContain("<form");
    expect(() => open({ role: "viewer" }).read().fire("click", "Add")).toThrow("nothing called");
  });

  it("is put away without a trace", async () => {
    const { look, read, add, done } = open({ table: { "packages.inspect": refusedAs("PACKAGE_ALTERED") } });
    await look();
    read().fire("click", "Put it away");
    await settle();
    expect([add.looked, add.problem, add.said]).toEqual([null, null, ""]);
    expect(done.at(-1)).toBe("focus .add-package");
  });
});
