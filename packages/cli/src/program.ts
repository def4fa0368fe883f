import { Command } from "commander";
import color from "picocolors";
import { accessCommands } from "./commands/access.ts";
import { agentCommands } from "./commands/agents.ts";
import { approvalCommands } from "./commands/approvals.ts";
import { attachmentCommands } from "./commands/attachments.ts";
import { auditCommands } from "./commands/audit.ts";
import { backupCommands } from "./commands/backup.ts";
import type { Restore } from "./commands/backup.ts";
import { canaryCommand } from "./commands/canary.ts";
import { capabilityCommands } from "./commands/capabilities.ts";
import { chatCommand } from "./commands/chat.ts";
import { contactCommands } from "./commands/contacts.ts";
import { dataFlowCommand } from "./commands/data-flow.ts";
import { importCommands } from "./commands/import.ts";
import { keepsakeCommands } from "./commands/keepsakes.ts";
import { modelCommands } from "./commands/models.ts";
import { peopleCommands } from "./commands/people.ts";
import { pluginCommands } from "./commands/plugin.ts";
import { policyCommands } from "./commands/policy.ts";
import { privacyCommands } from "./commands/privacy.ts";
import { promptCommands } from "./commands/prompts.ts";
import { provenanceCommands } from "./commands/provenance.ts";
import { roleCommands } from "./commands/roles.ts";
import { searchCommand } from "./commands/search.ts";
import { secretCommands } from "./commands/secrets.ts";
import { shareCommands } from "./commands/share.ts";
import { signerCommands } from "./commands/signers.ts";
import { skillCommands } from "./commands/skill.ts";
import { stopCommands } from "./commands/stop.ts";
import { systemCommands } from "./commands/system.ts";
import { teamCommands } from "./commands/teams.ts";
import type { Drill } from "./commands/doctor-attack.ts";
import { undoCommand } from "./commands/undo.ts";
import { usageCommand } from "./commands/usage.ts";
import { vaultCommands } from "./commands/vault.ts";
import { whyCommand } from "./commands/why.ts";
import { workCommands } from "./commands/work.ts";
import { createRunner } from "./runner.ts";

const AFTER = `
Environment: MOLTBOT_HOME (state folder), MOLTBOT_URL with MOLTBOT_TOKEN_FILE (a gateway elsewhere), NO_COLOR
Exit codes:  0 ok, 1 failed, 2 usage, 3 not found, 4 denied, 5 conflict, 6 approval pending, 7 unavailable, 8 timeout, 130 interrupted
With --json an error is one JSON value on standard error, and standard output stays empty.
`;

/** Every command of the program; `--json` works with each. `drill` and `restore` lead to the gateway's own code, which commands do not know. */
export const createProgram = (drill: Drill, restore: Restore): Command => {
  const program = new Command("moltbot")
    .usage("COMMAND [options]")
    .description(`${color.bold("Moltbot")}: an assistant that does only what you granted.`)
    .option("--json", "print one JSON value on standard output")
    .version("0.1.0", "-V, --version")
    .showSuggestionAfterError(true)
    .showHelpAfterError("Add --help to see what there is.")
    .enablePositionalOptions(false)
    .addHelpText("after", AFTER)
    .exitOverride();
  program
    .command("start")
    .description("start the gateway here (start --help lists its options)")
    .allowUnknownOption(true);
  const run = createRunner();
  chatCommand(program, run);
  searchCommand(program, run);
  approvalCommands(program, run);
  stopCommands(program, run);
  capabilityCommands(program, run);
  whyCommand(program, run);
  provenanceCommands(program, run);
  undoCommand(program, run);
  contactCommands(program, run);
  policyCommands(program, run);
  systemCommands(program, run, drill);
  vaultCommands(program, run);
  keepsakeCommands(program, run);
  workCommands(program, run);
  agentCommands(program, run);
  auditCommands(program, run);
  privacyCommands(program, run);
  attachmentCommands(program, run);
  backupCommands(program, run, restore);
  canaryCommand(program, run);
  peopleCommands(program, run);
  roleCommands(program, run);
  teamCommands(program, run);
  shareCommands(program, run);
  promptCommands(program, run);
  accessCommands(program, run);
  secretCommands(program, run);
  modelCommands(program, run);
  usageCommand(program, run);
  dataFlowCommand(program, run);
  importCommands(program, run);
  pluginCommands(program, run);
  skillCommands(program, run);
  signerCommands(program, run);
  return program;
};
