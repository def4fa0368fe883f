import { spawn } from "node:child_process";

/** Opens a link in the person's browser; says nothing when there is none, for the link was printed. */
export const openBrowser = (link: string): void => {
  const [command, ...before] =
    process.platform === "darwin" ? ["open"] : process.platform === "win32" ? ["cmd", "/c", "start", ""] : ["xdg-open"];
  if (command === undefined) return;
  if (
    process.platform === "linux" &&
    process.env["DISPLAY"] === undefined &&
    process.env["WAYLAND_DISPLAY"] === undefined
  )
    return;
  const child = spawn(command, [...before, link], { stdio: "ignore", detached: true });
  child.on("error", () => undefined);
  child.unref();
};
