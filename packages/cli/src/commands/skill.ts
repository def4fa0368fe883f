import type { Command } from "commander";
import type { Runner } from "../runner.ts";
import { many } from "../usage.ts";
import { agreeing } from "./plugin.ts";

const AFTER = `
A skill is a folder with a SKILL.md: instructions that an agent reads when it needs them. Nothing of it runs by itself. Its words count as
a stranger's, like a web page, unless your own key signed them as yours (--mine).
`;

const AGREEING = `
At a terminal it shows what the skill is and asks. Elsewhere it takes --yes, or --digest with the digest that \`plugin inspect\` showed.
A folder is packed and signed with your own key first. A skill that names no version gets the next one after the installed,
unless nothing of it changed. --mine is said anew each time: without it the words count as a stranger's.
`;

const MINE = "you wrote it, or stand for it as for your own words: agents take them as yours";

const taking = (skill: Command, run: Runner): void => {
  agreeing(skill.command("install <file>"))
    .description(
      "install a signed skill, or a newer one by the same key, from a package or a folder; shows it and asks first",
    )
    .option("--mine", `of a folder: ${MINE}`)
    .addHelpText("after", AGREEING)
    .action(
      run(async (context, options, path) => {
        const { installSkill } = await import("../packages/install-skill.ts");
        return installSkill(context, options, path);
      }),
    );
  agreeing(skill.command("import <dir>"))
    .description(
      "pack, sign and install the skill in a folder, or each skill in its folders; their words stay untrusted",
    )
    .option("--mine", MINE)
    .addHelpText("after", AGREEING)
    .action(
      run(async (context, options, folder) => {
        const { importSkills } = await import("../packages/install-skill.ts");
        return importSkills(context, options, folder);
      }),
    );
  skill
    .command("pack <dir>")
    .description("pack a skill's folder into NAME-VERSION.moltpackage; the same files give the same bytes")
    .option("--out <file>", "where to")
    .option("--sign", "sign it with your key")
    .option("--key <file>", "sign it with the key in this file (Ed25519, PEM)")
    .option("--mine", MINE)
    .action(
      run(async (context, options, folder) => {
        const { packSkillFolder } = await import("../packages/manage-skills.ts");
        return packSkillFolder(context, options, folder);
      }),
    );
};

/** `skill list | install | import | pack | agents | remove` */
export const skillCommands = (program: Command, run: Runner): void => {
  const skill = program
    .command("skill")
    .description("instructions that agents read when they need them")
    .addHelpText("after", AFTER);
  skill
    .command("list [name]", { isDefault: true })
    .description("list skills: whose words they are and how many agents read them; with a name, everything about one")
    .action(
      run(async (context, _options, name) => {
        const { listSkills } = await import("../packages/manage-skills.ts");
        return listSkills(context, name);
      }),
    );
  taking(skill, run);
  skill
    .command("agents <name>")
    .description("set which of your agents may read a skill")
    .option("--agent <name>", "one that may; may be repeated", many)
    .option("--none", "none of yours")
    .action(
      run(async (context, options, name) => {
        const { setSkillAgents } = await import("../packages/manage-skills.ts");
        return setSkillAgents(context, options, name);
      }),
    );
  skill
    .command("remove <name>")
    .description("remove a skill; asks first")
    .option("--yes", "do not ask")
    .action(
      run(async (context, options, name) => {
        const { removeSkill } = await import("../packages/manage-skills.ts");
        return removeSkill(context, options, name);
      }),
    );
};
