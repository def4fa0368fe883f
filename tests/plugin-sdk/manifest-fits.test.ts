/** The manifest that authors are shown is the one that the house reads: what fits one type fits the other. The compiler asks. */
import { ARGUMENT_ROLES, HEARABLE, HTTP_METHODS, PluginManifest as HouseManifest } from "@moltbot/contracts";
import type { ArgumentRole, HearableEvent, HttpMethod, PluginManifest } from "@moltbot/plugin-sdk";
import { templateFiles } from "@moltbot/plugin-sdk/template";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { z } from "zod";

/** Whether a list may be changed is no part of what is written in a file. */
type Frozen<T> = T extends string | number | boolean | null
  ? T
  : { readonly [K in keyof T]: Frozen<Exclude<T[K], undefined>> };
type Written = Frozen<z.input<typeof HouseManifest>>;

describe("the manifest's type", () => {
  it("takes nothing that the house refuses, and refuses nothing that the house takes", () => {
    expectTypeOf<Frozen<PluginManifest>>().toExtend<Written>();
    expectTypeOf<Written>().toExtend<Frozen<PluginManifest>>();
    expectTypeOf<keyof PluginManifest>().toEqualTypeOf<keyof Written>();
    expectTypeOf<HearableEvent>().toEqualTypeOf<(typeof HEARABLE)[number]>();
    expectTypeOf<ArgumentRole>().toEqualTypeOf<(typeof ARGUMENT_ROLES)[number]>();
    expectTypeOf<HttpMethod>().toEqualTypeOf<(typeof HTTP_METHODS)[number]>();
  });

  it("is that of the template, as the house reads it", () => {
    const text = templateFiles("greeter").find(({ path }) => path === "plugin.json")?.text ?? "";
    expect(HouseManifest.safeParse(JSON.parse(text)).error).toBeUndefined();
  });
});
