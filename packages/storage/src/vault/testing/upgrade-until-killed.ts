import { writeFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { instantOf } from "@moltbot/contracts";
import { openSecrets } from "../secrets.ts";
import { realDisk } from "../vault-disk.ts";
import { sealerOf, textOfVersion2 } from "./old-secrets.ts";

/** Brings a file of version 2 to version 3 for ever; its parent kills it. Arguments: folder, key in base64url. */
const [directory = "", secret = ""] = process.argv.slice(2);
const key = Buffer.from(secret, "base64url");
const file = join(directory, "secrets.json");
const text = textOfVersion2(key, { weather: "sunny", mail: "letters" });
const clock = { now: () => instantOf(0), monotonic: () => 0 };

for (;;) {
  writeFileSync(`${file}.v2`, text);
  process.stdout.write("old\n");
  renameSync(`${file}.v2`, file);
  const opened = await openSecrets({ directory, key, values: sealerOf(key), disk: realDisk, clock });
  if (!opened.ok) throw new Error(opened.error.code);
  const ids = opened.value.keeper.list().map(({ name, id }) => `${name}=${id}`);
  process.stdout.write(`new ${ids.join(" ")}\n`);
  await opened.value.close();
}
