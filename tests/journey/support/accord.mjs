/** The program under test: a real process with its demonstration's case service, started, killed and started again. */

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { env } from "node:process";
import { join } from "node:path";

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

export class Accord {
  /** A fresh data folder and three free ports in a row. */
  static async start() {
    const binary = env.ACCORD_BINARY;
    if (!binary) throw new Error("ACCORD_BINARY is not set: run tests/run journey");
    const data = await mkdtemp(join(tmpdir(), "accord-journey-"));
    const accord = new Accord(binary, data, await freePorts(3));
    await accord.run();
    return accord;
  }

  constructor(binary, data, port) {
    this.binary = binary;
    this.data = data;
    this.port = port;
    this.log = "";
    /** What the server logged: standard error alone. */
    this.diagnostics = "";
  }

  get origin() {
    return `http://localhost:${this.port}`;
  }

  async run() {
    const process = spawn(this.binary, ["demo", "--data", this.data, "--port", String(this.port)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...env, NO_COLOR: "1" },
    });
    this.process = process;
    this.exited = new Promise((resolve) => process.once("exit", (code, signal) => resolve({ code, signal })));
    let said = "";
    const ready = new Promise((resolve, reject) => {
      process.stdout.on("data", (chunk) => {
        said += chunk;
        this.log += chunk;
        if (said.includes("Ctrl-C stops")) resolve();
      });
      process.stderr.on("data", (chunk) => {
        this.log += chunk;
        this.diagnostics += chunk;
      });
      this.exited.then(({ code, signal }) => reject(new Error(`accord ended (${code ?? signal}):\n${this.log}`)));
      setTimeout(() => reject(new Error(`accord did not start:\n${this.log}`)), START_DEADLINE_MS).unref();
    });
    await ready;
  }

  /** The rooms as the case service knows them: reference → { room, links: [{ name, role, link }] }. */
  async rooms() {
    return JSON.parse(await readFile(join(this.data, "case_service", "rooms.json"), "utf8"));
  }

  /** Bundles that the case service has received. */
  async results() {
    const folder = join(this.data, "case_service", "results");
    return (await readdir(folder)).filter((name) => name.endsWith(".zip")).map((name) => join(folder, name));
  }

  /** As a power cut would. */
  async kill() {
    this.process.kill("SIGKILL");
    await this.exited;
  }

  /** Calmly; returns the exit code. */
  async stop() {
    this.process.kill("SIGTERM");
    const late = new Promise((resolve) => setTimeout(() => resolve({ code: "late" }), STOP_DEADLINE_MS).unref());
    const { code } = await Promise.race([this.exited, late]);
    if (code === "late") this.process.kill("SIGKILL");
    return code;
  }

  async remove() {
    await rm(this.data, { recursive: true, force: true });
  }
}

/** The first of `count` ports in a row that nobody listens on. */
async function freePorts(count) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all(Array.from({ length: count }, (_, offset) => isFree(first + offset)));
    if (free.every(Boolean)) return first;
  }
  throw new Error("no free ports");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
