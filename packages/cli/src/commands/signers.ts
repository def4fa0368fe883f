import type { Command } from "commander";
import type { Runner } from "../runner.ts";

const AFTER = `
A package is taken only with the signature of a key that you trusted. A key is its own fingerprint: compare it with the one that its owner
shows elsewhere, group by group, before you trust it. What is installed keeps its key: another one cannot update it.
`;

/** `signers list | trust | remove | mine` */
export const signerCommands = (program: Command, run: Runner): void => {
  const signers = program
    .command("signers")
    .description("whose plugins and skills this house takes")
    .addHelpText("after", AFTER);
  signers
    .command("list", { isDefault: true })
    .description("list the keys whose signatures are taken, and what is installed by each")
    .action(
      run(async (context) => {
        const { listSigners } = await import("../packages/manage-signers.ts");
        return listSigners(context);
      }),
    );
  signers
    .command("trust <key>")
    .description("take what this key signs from now on")
    .option("--name <who>", "whose key it is, as you call them")
    .option("--own", "it is your own: skills that it signed as its own are your words")
    .option("--rename", "give a key that is trusted already this name")
    .action(
      run(async (context, options, key) => {
        const { trustKey } = await import("../packages/manage-signers.ts");
        return trustKey(context, options, key);
      }),
    );
  signers
    .command("remove <key>")
    .description("take nothing by this key any more; what is installed by it must be removed first")
    .action(
      run(async (context, _options, key) => {
        const { removeKey } = await import("../packages/manage-signers.ts");
        return removeKey(context, key);
      }),
    );
  signers
    .command("mine")
    .description("show your own public key, for others to trust; the first time it is made")
    .option("--key <file>", "of the key in this file (Ed25519, PEM) instead")
    .action(
      run(async (context, options) => {
        const { showOwnKey } = await import("../packages/manage-signers.ts");
        return showOwnKey(context, options);
      }),
    );
};
