import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** What a Slurm on one machine needs. */
const PROGRAMS = ['slurmctld', 'slurmd', 'sbatch', 'sinfo'] as const;

/** Where distributions put daemons that are not on everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** A real Slurm on this machine alone: controller and one node on the loopback interface, in a folder of its own, gone when it is stopped. */
export class SlurmCluster {
  readonly #folder: string;
  readonly #daemons: ChildProcess[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Programs that are not installed here; empty when a cluster can be started. */
  static missing(): string[] {
    return PROGRAMS.filter((program) => !isInstalled(program));
  }

  /** Starts controller and node, and waits until the node is idle. @throws Error with the daemons' logs when it does not become so */
  static async start(): Promise<SlurmCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'seatrial-slurm-'));
    const [controllerPort, nodePort] = [await freePort(), await freePort()];
    for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
    const { username } = userInfo();
    writeFileSync(
      join(folder, 'slurm.conf'),
      `ClusterName=seatrial
SlurmctldHost=localhost(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser=${username}
SlurmdUser=${username}
SlurmctldPort=${controllerPort}
SlurmdPort=${nodePort}
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
MpiDefault=none
ReturnToService=2
MailProg=/bin/true
NodeName=localhost NodeAddr=127.0.0.1 NodeHostname=${hostname().split('.')[0]} CPUs=${availableParallelism()} State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE State=UP
`,
    );
    const cluster = new SlurmCluster(folder);
    cluster.#spawn('slurmctld', ['-D', '-i']);
    cluster.#spawn('slurmd', ['-D', '-N', 'localhost']);
    const deadline = performance.now() + 60_000;
    for (;;) {
      const { status, stdout } = spawnSync('sinfo', ['-h', '-o', '%t'], { env: cluster.environment, encoding: 'utf8', timeout: 5000 });
      if (status === 0 && stdout.trim() === 'idle') return cluster;
      if (performance.now() > deadline) {
        const logs = ['slurmctld.log', 'slurmd.log'].map((name) => `${name}:\n${readText(join(folder, name))}`).join('\n');
        await cluster.stop();
        throw new Error(`Slurm did not become idle within a minute\n${logs}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Environment in which Slurm's commands find this cluster. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH, SLURM_CONF: join(this.#folder, 'slurm.conf') };
  }

  /** Submits a job and waits for its end. @returns what sbatch printed @throws Error if a task of it failed */
  submit(arguments_: readonly string[], folder: string, environment: Readonly<Record<string, string>> = {}): string {
    return execFileSync('sbatch', ['--wait', ...arguments_], { cwd: folder, env: { ...this.environment, ...environment }, encoding: 'utf8', timeout: 300_000 });
  }

  async stop(): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      const late = setTimeout(() => daemon.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(program: string, arguments_: readonly string[]): void {
    this.#daemons.push(spawn(program, arguments_, { env: this.environment, stdio: 'ignore' }));
  }
}

/** Whether a program is there to be called. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { env: { ...process.env, PATH } }).status === 0;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '(none)';
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
