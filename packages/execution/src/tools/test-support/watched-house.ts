import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { PrincipalId, label } from "@moltbot/contracts";
import type { JsonObject, ToolCall, UndoEntry } from "@moltbot/contracts";
import { afterEach, beforeEach, expect } from "vitest";
import { undoChanges } from "../workspace/undo-changes.ts";
import { CANARY, buildHouse, callOf, outsideOf, person } from "./world.ts";
import type { House } from "./world.ts";

/** What a call says that can be undone. */
export const OK = /^ok \(undo id [0-9a-f-]{36}\)$/;
/** A call in a conversation that somebody else reads too. */
export const inGroup = {
  label: label("authority", [person, PrincipalId.parse("01890000-0000-7000-8000-000000000000")]),
} as const;

/** For each test of the file a house of its own; after each, nothing outside of its workspace may have changed. */
export const watchedHouse = () => {
  let house: House;
  beforeEach(async () => void (house = await buildHouse()));
  afterEach(async () => {
    expect(await outsideOf(house)).toBe(CANARY);
    expect((await readdir(house.outside)).toSorted()).toEqual(["canary.txt", "workspace"]);
    await house.close();
  });
  const inside = (name: string): string => join(house.workspace, name);
  return {
    get house(): House {
      return house;
    },
    inside,
    textAt: (name: string): Promise<string | null> => readFile(inside(name), "utf8").catch(() => null),
    run: async (tool: string, given: JsonObject, more: Partial<ToolCall> = {}): Promise<string> => {
      const ran = await house.run(callOf(tool, given, more));
      return ran.ok ? ran.value.text : ran.error.code;
    },
    undo: async (entry: UndoEntry | undefined = house.undo.at(-1)): Promise<string> => {
      if (entry === undefined) return "nothing kept";
      const undone = await undoChanges(house.workspace, entry, house.ports.undo.hash);
      return undone.ok ? "undone" : undone.error.code;
    },
  };
};
