import { instantOf } from "@moltbot/contracts";
import { openVaultOn } from "../open-vault.ts";
import { realDisk } from "../vault-disk.ts";

/** Changes a vault for ever; its parent kills it. Arguments: folder, key file, number of the first passphrase. */
const [directory = "", keyFile = "", first = "0"] = process.argv.slice(2);
const passphraseOf = (number: number): string => `passphrase ${String(number)}`;
const CHEAP = { passes: 1, parallelism: 1, memory: 8 };

const must = <T>(result: { ok: true; value: T } | { ok: false; error: { code: string } }): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

let number = Number(first);
const clock = { now: () => instantOf(0), monotonic: () => 0 };
const opened = await openVaultOn(realDisk, { directory, keyFile, passphrase: passphraseOf(number), clock }, CHEAP);
const vault = must(opened);
for (let round = 0; ; round += 1) {
  const subject = `memory:${first}:${String(round)}`;
  const sealed = must(vault.content.seal([subject, "person:kept"], "r", "kept"));
  process.stdout.write(`sealed ${subject} ${Buffer.from(sealed).toString("base64url")}\n`);
  must(await vault.rotate(round % 3 === 0 ? "data" : "wrapping", passphraseOf(number)));
  process.stdout.write(`changing ${String(number + 1)}\n`);
  must(await vault.changePassphrase(passphraseOf(number), passphraseOf(number + 1)));
  number += 1;
  process.stdout.write(`changed ${String(number)}\n`);
  process.stdout.write(`erasing ${subject}\n`);
  must(await vault.erase([subject]));
  process.stdout.write(`erased ${subject}\n`);
}
