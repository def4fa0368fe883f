import type { OperationName, Role } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { gatewayOf, refused, secret, settle, standIn } from "../testing/keeping.ts";
import { ownAgent, plugin, signer, skill } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { AddPackage } from "./add-package.ts";
import { PluginsDialog } from "./plugins-dialog.ts";

afterEach(() => vi.unstubAllGlobals());

const open = async (role: Role = "owner", table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({
    "plugins.list": [plugin()],
    "skills.list": [skill()],
    "signers.list": [signer()],
    "secrets.list": [secret("token")],
    ...table,
  });
  const dialog = new PluginsDialog();
  const done = standIn(dialog);
  const others = { ...ownAgent, id: "x", ownerId: "somebody else" };
  Object.assign(dialog, { call: gateway.call, me: { ...ME, role }, now: 0, agents: [ownAgent, others] });
  await dialog.show();
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  return { dialog, done, read, ...gateway };
};
const names = (asked: readonly { readonly name: string }[]): readonly string[] =>
  asked.map(({ name }) => name).toSorted();

describe("the page about plugins and skills", () => {
  it("loads what is installed, whose signatures are taken, and the names of secrets for whoever chooses", async () => {
    const { dialog, asked, read } = await open();
    expect(names(asked)).toEqual(["plugins.list", "secrets.list", "signers.list", "skills.list"]);
    expect([dialog.plugins?.length, dialog.skills?.length, dialog.signers?.length, dialog.secrets.length]).toEqual([
      1, 1, 1, 1,
    ]);
    for (const part of ["Plugins", "Skills", "Whose signatures are taken"]) expect(read().words).toContain(part);
  });

  it("asks for nothing that one may not know", async () => {
    expect(names((await open("member")).asked)).toEqual(["plugins.list", "signers.list", "skills.list"]);
    const { asked, read } = await open("viewer");
    expect(names(asked)).toEqual(["plugins.list", "skills.list"]);
    expect(read().words).not.toContain("Whose signatures");
  });

  it("keeps the rest where one part could not be loaded, and says why", async () => {
    const { read, dialog } = await open("owner", {
      "skills.list": refused("DATABASE_UNAVAILABLE", { problem: "busy" }),
    });
    expect(read().words).toContain("busy");
    expect([dialog.plugins?.length, dialog.skills]).toEqual([1, null]);
  });

  it("loads again after a change", async () => {
    const { read, asked } = await open();
    read().handed("changed")();
    await settle();
    expect(names(asked).filter((name) => name === "plugins.list")).toHaveLength(2);
  });

  it("takes a file that is dropped anywhere on it, from whoever may look at one", async () => {
    class FakeDrag extends Event {
      readonly dataTransfer: unknown;
      constructor(name: string, types: readonly string[], files: readonly File[] = []) {
        super(name, { cancelable: true });
        this.dataTransfer = { types, files };
      }
    }
    vi.stubGlobal("DragEvent", FakeDrag);
    const { dialog } = await open();
    const add = new AddPackage();
    const looked: File[] = [];
    Object.assign(add, { look: (file: File) => looked.push(file) });
    Object.assign(dialog, { querySelector: () => add });
    const drag = (name: string, types: readonly string[] = ["Files"], files: readonly File[] = []): boolean => {
      const event = new FakeDrag(name, types, files);
      dialog.dispatchEvent(event);
      return event.defaultPrevented;
    };
    const file = new File(["x"], "a.moltpackage");
    expect([drag("dragover"), add.over]).toEqual([true, true]);
    expect([drag("drop", ["Files"], [file]), add.over, looked]).toEqual([true, false, [file]]);
    expect(drag("dragover", ["text/plain"])).toBe(false);
    dialog.me = { ...ME, role: "viewer" };
    expect([drag("drop", ["Files"], [file]), looked.length]).toEqual([true, 1]);
  });
});
