import type { Command } from "commander";
import color from "picocolors";
import { table, when, whenOrNever } from "../output.ts";
import type { Runner } from "../runner.ts";

/** `sessions list | end` */
export const sessionCommands = (program: Command, run: Runner): void => {
  const sessions = program.command("sessions").description("your browsers that are signed in");
  sessions
    .command("list", { isDefault: true })
    .description("list them")
    .action(
      run(async (context) => {
        const list = await context.call("sessions.list", {});
        context.output.data(list, () =>
          table(
            ["id", "since", "last seen", "unused until", "at most until"],
            list.map((one) => [
              one.id,
              when(one.createdAt),
              whenOrNever(one.lastSeenAt),
              when(one.idleUntil),
              when(one.expiresAt),
            ]),
            "No browser is signed in.",
          ),
        );
      }),
    );
  sessions
    .command("end <id>")
    .description("sign one out, at once")
    .action(
      run(async (context, _options, id) => {
        await context.call("sessions.revoke", { sessionId: id });
        context.output.data({ id, ended: true }, () => `${color.green("✓")} signed out`);
      }),
    );
};

/** `devices list | pair | end` */
export const deviceCommands = (program: Command, run: Runner): void => {
  const devices = program.command("devices").description("your phones, computers and programs that are paired");
  devices
    .command("list", { isDefault: true })
    .description("list them")
    .action(
      run(async (context) => {
        const list = await context.call("devices.list", {});
        context.output.data(list, () =>
          table(
            ["id", "name", "paired", "last seen", "until", "key", "state"],
            list.map((one) => [
              one.id,
              one.name,
              when(one.pairedAt),
              whenOrNever(one.lastSeenAt),
              when(one.expiresAt),
              `${one.thumbprint.slice(0, 8)}…`,
              one.revokedAt === null ? "good" : "ended",
            ]),
            "No device is paired.",
          ),
        );
      }),
    );
  devices
    .command("pair")
    .description("show a code that pairs one device with you, once, within ten minutes")
    .action(
      run(async (context) => {
        const pairing = await context.call("devices.invite", {});
        // Loaded where it is needed: no other command waits for it.
        const { renderUnicodeCompact } = await import("uqr");
        context.output.data(
          pairing,
          () =>
            `${renderUnicodeCompact(pairing.url, { border: 2 })}\n\n${pairing.code}\n${color.dim(`good once, until ${when(pairing.expiresAt)}; whoever has it becomes you`)}`,
        );
      }),
    );
  devices
    .command("end <id>")
    .description("end one, at once")
    .action(
      run(async (context, _options, id) => {
        await context.call("devices.revoke", { deviceId: id });
        context.output.data({ id, ended: true }, () => `${color.green("✓")} ended`);
      }),
    );
};
