import type { Command } from "commander";
import type { Runner } from "../runner.ts";
import { many } from "../usage.ts";

const AFTER = `
A plugin is one signed file with other people's code. It runs in a process of its own, behind a wall, and reaches only what its manifest
names and you agreed to. What it gives back is never believed. An update that may do more waits for your yes.

  ./moltbot plugin new weather                   a folder with a plugin that works
  ./moltbot plugin test weather                  run its cases; nothing is dialled
  ./moltbot plugin install weather --trust me    pack, sign with your key, look, agree
  ./moltbot plugin install x.moltpackage         one from somebody else

new, pack, sign and verify work by themselves. The others, test and dev and inspect too, need the gateway running with its vault open.
`;

const AGREEING = `
At a terminal it shows what the package is and asks. Elsewhere it takes --digest, with the digest that \`plugin inspect\` showed, or --yes.
A folder is packed and signed with your own key first (\`signers mine\` shows it). --trust takes the signer's key together with the package,
as your own where it is yours; it is not kept where the installation fails.
`;

const TESTING = `
The cases stand in plugin.test.json of the folder: { "cases": [{ "name": "…", "tool": "forecast", "arguments": {},
  "answers": [{ "url": "https://…", "body": "…" }], "kept": {}, "expect": { "result": {}, "code": "CODE", "asked": ["http.fetch"] } }] }
Each runs in a sandbox of the gateway, which must be running with its vault open: that it is missing ends with 7, a case that fails
or code that cannot be loaded with 1. "answers" is all that a request gets; "result" must be there at least; "asked" is how each begins.
`;

/** What agrees to a package. */
export const agreeing = (command: Command): Command =>
  command
    .option("--agent <name>", "an agent of yours that gets it; may be repeated (default: your first)", many)
    .option("--lock <file>", "take only what this lock names")
    .option("--anyway", "take a name that looks like another's")
    .option("--trust <name>", "trust the key that signed it, as this name's")
    .option("--key <file>", "sign a folder with the key in this file (PEM) instead of your own")
    .option("--digest <digest>", "agree to exactly what was looked at; asks nothing")
    .option("--yes", "agree to whatever it is; asks nothing");

const making = (plugin: Command, run: Runner): void => {
  plugin
    .command("new <name>")
    .description("make a folder with a plugin that works: manifest, code, cases and what to read")
    .option("--dir <dir>", "where to (default: a folder of that name here)")
    .action(
      run(async (context, options, name) => {
        const { newPlugin } = await import("../packages/make-plugin.ts");
        return newPlugin(context, options, name);
      }),
    );
  plugin
    .command("test <dir>")
    .description("run the cases of a plugin's folder; ends with 1 where one fails")
    .addHelpText("after", TESTING)
    .action(
      run(async (context, _options, folder) => {
        const { testPlugin } = await import("../packages/run-trials.ts");
        return testPlugin(context, folder);
      }),
    );
  plugin
    .command("dev <dir>")
    .description("run the cases now and at each save, until ctrl-c")
    .option("--runs <n>", "end after so many runs")
    .addHelpText("after", TESTING)
    .action(
      run(async (context, options, folder) => {
        const { watchPlugin } = await import("../packages/run-trials.ts");
        return watchPlugin(context, options, folder);
      }),
    );
  plugin
    .command("pack <dir>")
    .description("pack a folder into NAME-VERSION.moltpackage; the same files give the same bytes")
    .option("--out <file>", "where to")
    .option("--sign", "sign it with your key")
    .option("--key <file>", "sign it with the key in this file (Ed25519, PEM)")
    .addHelpText("after", "\nFiles that begin with a dot, node_modules and packages are left out; links are refused.\n")
    .action(
      run(async (context, options, folder) => {
        const { packPluginFolder } = await import("../packages/make-plugin.ts");
        return packPluginFolder(context, options, folder);
      }),
    );
};

const signing = (plugin: Command, run: Runner): void => {
  plugin
    .command("sign <file>")
    .description("sign a package with your key; the first time the key is made")
    .option(
      "--mine",
      "a skill's words are your own; otherwise what you did not sign before is signed as somebody else's",
    )
    .option("--key <file>", "with the key in this file (Ed25519, PEM) instead")
    .action(
      run(async (context, options, file) => {
        const { signFile } = await import("../packages/make-plugin.ts");
        return signFile(context, options, file);
      }),
    );
  plugin
    .command("verify <file>")
    .description("check offline, without the gateway, whether a package is what its key signed, and which key that is")
    .option("--signer <key>", "the key that it must be, mk1_…; another ends with 1")
    .action(
      run(async (context, options, file) => {
        const { verifyFile } = await import("../packages/make-plugin.ts");
        return verifyFile(context, options, file);
      }),
    );
  plugin
    .command("inspect <file>")
    .description(
      "show what a package is, who signed it, what it may touch and what speaks against it; installs nothing",
    )
    .option("--key <file>", "sign a folder with the key in this file (PEM) instead of your own")
    .addHelpText(
      "after",
      "\nEnds with 1 where it is refused, whatever you would answer. Needs the gateway; `plugin verify` does not.\n",
    )
    .action(
      run(async (context, options, path) => {
        const { inspectPlugin } = await import("../packages/install-plugin.ts");
        return inspectPlugin(context, options, path);
      }),
    );
};

const installing = (plugin: Command, run: Runner): void => {
  agreeing(plugin.command("install <file>"))
    .description("install a signed package, or a folder, for an agent of yours; shows it and asks first")
    .option("--host <host>", "a host it may reach, where it leaves the choice to you; may be repeated", many)
    .option("--secret <local=name>", "which of your secrets the plugin's word for it means; may be repeated", many)
    .addHelpText("after", AGREEING)
    .action(
      run(async (context, options, path) => {
        const { installPlugin } = await import("../packages/install-plugin.ts");
        return installPlugin(context, options, path);
      }),
    );
  plugin
    .command("update <file>")
    .description("bring a newer one by the same key; one that may do more waits, and ends with 6")
    .option("--lock <file>", "take only what this lock names")
    .option("--key <file>", "sign a folder with the key in this file (PEM) instead of your own")
    .option("--yes", "let it do whatever more it may do, at once")
    .action(
      run(async (context, options, path) => {
        const { updatePlugin } = await import("../packages/update-plugin.ts");
        return updatePlugin(context, options, path);
      }),
    );
  plugin
    .command("accept <name>")
    .description("say yes to the update that waits; shows what is new and asks")
    .option("--digest <digest>", "the digest of the update that you looked at; asks nothing")
    .option("--yes", "whatever it is; asks nothing")
    .action(
      run(async (context, options, name) => {
        const { acceptPlugin } = await import("../packages/update-plugin.ts");
        return acceptPlugin(context, options, name);
      }),
    );
};

const keeping = (plugin: Command, run: Runner): void => {
  const turning = (word: "start" | "stop", description: string): void => {
    plugin
      .command(`${word} <name>`)
      .description(description)
      .action(
        run(async (context, _options, name) => {
          const { turnPlugin } = await import("../packages/manage-plugins.ts");
          return turnPlugin(context, name, word === "start");
        }),
      );
  };
  plugin
    .command("list [name]", { isDefault: true })
    .description("list plugins and updates that wait; with a name, everything about one")
    .action(
      run(async (context, _options, name) => {
        const { listPlugins } = await import("../packages/manage-plugins.ts");
        return listPlugins(context, name);
      }),
    );
  plugin
    .command("refuse <name>")
    .description("throw away the update that waits")
    .action(
      run(async (context, _options, name) => {
        const { refusePlugin } = await import("../packages/manage-plugins.ts");
        return refusePlugin(context, name);
      }),
    );
  turning("start", "let a plugin run that was stopped, or that rests after failing too often");
  turning("stop", "end its processes and take its tools away until it is started");
  plugin
    .command("hosts <name> [hosts...]")
    .description("set which hosts it may reach, where it leaves the choice to you")
    .option("--none", "none any more")
    .action(
      run(async (context, options, _name, _host, words) => {
        const { chooseHosts } = await import("../packages/manage-plugins.ts");
        return chooseHosts(context, options, words);
      }),
    );
  plugin
    .command("agents <name>")
    .description("set which of your agents have its tools")
    .option("--agent <name>", "one that has; may be repeated", many)
    .option("--none", "none of yours")
    .action(
      run(async (context, options, name) => {
        const { choosePluginAgents } = await import("../packages/manage-plugins.ts");
        return choosePluginAgents(context, options, name);
      }),
    );
  plugin
    .command("remove <name>")
    .description("remove a plugin with its grants and everything that it kept for anybody; says what goes and asks")
    .option("--yes", "do not ask")
    .action(
      run(async (context, options, name) => {
        const { removePlugin } = await import("../packages/manage-plugins.ts");
        return removePlugin(context, options, name);
      }),
    );
  plugin
    .command("lock")
    .description("name exactly what is installed, plugins and skills, so that the same can be installed elsewhere")
    .option("--out <file>", "write it there, for --lock")
    .action(
      run(async (context, options) => {
        const { lockPackages } = await import("../packages/manage-plugins.ts");
        return lockPackages(context, options);
      }),
    );
};

/** `plugin new | test | dev | pack | sign | verify | inspect | install | update | accept | refuse | list | start | stop | hosts | agents | remove | lock` */
export const pluginCommands = (program: Command, run: Runner): void => {
  const plugin = program
    .command("plugin")
    .description("other people's code, behind a wall: make, sign, install, update, remove")
    .addHelpText("after", AFTER);
  making(plugin, run);
  signing(plugin, run);
  installing(plugin, run);
  keeping(plugin, run);
};
