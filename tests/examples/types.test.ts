/** The examples are written as the compiler wants them, with no more in the world than an isolate has. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { problemsOfTypes } from "../plugin-sdk/check-types.ts";
import { EXAMPLES, readExample } from "./example-plugins.ts";

describe("the types of the example", () => {
  it.each(EXAMPLES)("%s hold", (name) => {
    expect(problemsOfTypes(join(readExample(name).folder, "main.js"))).toBe("");
  });
});
