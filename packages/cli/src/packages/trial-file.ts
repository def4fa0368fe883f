import type { JsonValue, PackageContent, PluginTrialAnswer } from "@moltbot/contracts";
import { printableLine } from "../output.ts";
import { fieldProblem, packingProblem } from "./problem.ts";
import { jsonOf } from "./pack-plugin.ts";
import { textIn } from "./read-folder.ts";

/** The file of a plugin's folder that holds its cases. */
export const TRIAL_FILE = "plugin.test.json";

/** What a case expects; everything that it names must hold, and what it leaves out may be anything. */
export interface Expected {
  /** Whether it works; left out: it does, unless a code is expected. */
  readonly ok?: boolean;
  /** What the tool gives back, at least: further fields of objects may stand beside these. */
  readonly result?: JsonValue;
  /** Texts that stand in what it gives back; where it fails, in the problem's words or in what it logged. */
  readonly includes: readonly string[];
  /** The code that it fails with. */
  readonly code?: string;
  /** What it asks of the house: how often, or in which order, each by how it begins, such as `http.fetch`. */
  readonly asked?: number | readonly string[];
}

export interface Trial {
  readonly name: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, JsonValue>>;
  readonly answers: readonly PluginTrialAnswer[];
  readonly kept: Readonly<Record<string, JsonValue>>;
  readonly expect: Expected;
}

/** What `plugin.test.json` holds. Its reader is loaded when it is needed: most commands never do. */
export const trialFileSchema = async () => {
  const { z } = await import("zod");
  const { JsonValue: json, PluginTrialAnswer: answer } = await import("@moltbot/contracts");
  const expected = z.strictObject({
    ok: z.boolean().exactOptional(),
    result: json.exactOptional(),
    includes: z.array(z.string()).default([]),
    code: z.string().exactOptional(),
    asked: z.union([z.int().min(0), z.array(z.string())]).exactOptional(),
  });
  return z.strictObject({
    cases: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(200),
          tool: z.string().min(1).max(64),
          arguments: z.record(z.string().max(40), json).default({}),
          answers: z.array(answer).max(50).default([]),
          kept: z.record(z.string().max(200), json).default({}),
          expect: expected.prefault({}),
        }),
      )
      .min(1)
      .max(200),
  });
};

/** The cases of a plugin; a file that cannot be read so ends the command with the field that is wrong. */
export const trialsIn = async (folder: string, { files }: PackageContent): Promise<readonly Trial[]> => {
  const text = textIn(files, TRIAL_FILE);
  if (text === undefined)
    throw packingProblem(
      printableLine(folder),
      `there is no ${TRIAL_FILE} in it`,
      'Write one: { "cases": [{ "name": "…", "tool": "…", "arguments": {}, "answers": [], "expect": {} }] }',
    );
  const given = jsonOf(TRIAL_FILE, text);
  const read = (await trialFileSchema()).safeParse(given);
  if (!read.success) throw fieldProblem(TRIAL_FILE, "plugin", given, read.error);
  return read.data.cases;
};
