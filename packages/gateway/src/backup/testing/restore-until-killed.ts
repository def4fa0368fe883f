/** A program for the kill tests: it makes backups, or restores one again and again, until somebody kills it. */
import { writeSync } from "node:fs";
import { DEFAULT_SETTINGS } from "../../settings/index.ts";
import { systemClock } from "../../open-memory.ts";
import { restoreHome } from "../restore-home.ts";
import { deskOf, homeIn, must, newPerson, openHome, silent } from "./rich-home.ts";

const [, , what, folder, file] = process.argv;
if (what === undefined || folder === undefined || file === undefined) throw new Error("say what, where and which");
const home = homeIn(folder);
writeSync(1, "began\n");

if (what === "restore")
  must(
    await restoreHome({
      home,
      settings: DEFAULT_SETTINGS,
      passphrase: null,
      file,
      withSettings: false,
      clock: systemClock,
      log: silent,
      progress: (step) => void writeSync(1, `${step}\n`),
      confirm: () => Promise.resolve(true),
    }),
  );
else {
  const memory = await openHome(home);
  const bob = await newPerson(memory);
  const desk = deskOf(home, memory);
  for (;;) writeSync(1, `${must(await desk.create(bob.scope, { kind: "backup", folder: file })).file}\n`);
}
