import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TINY_SCENARIO } from '../scenario/testing/tiny-scenario.ts';
import { CommandLine, SLOW } from './testing/command-line.ts';

const shell = new CommandLine();
shell.write('tiny.yaml', TINY_SCENARIO);
afterAll(() => shell.remove());

describe('seatrial reproduce', SLOW, () => {
  it('makes the runs of a manifest again: same digests, exit code 0, nothing written', () => {
    expect(shell.run(['sweep', 'tiny.yaml', '--set', 'workload.load=0.5,0.9', '--seeds', '3', '--no-report', '--out', 'out']).code).toBe(0);
    const before = shell.files();
    const { code, stdout } = shell.run(['reproduce', 'out/manifest.json']);
    expect(stdout).toBe('4 of 4 runs have the digests of out/manifest.json\n');
    expect(code).toBe(0);
    expect(shell.files()).toEqual(before);
  });

  it('names the first record that is not what it was, and what else has changed', () => {
    // Whoever comes later finds machines that start containers more slowly.
    shell.write('tiny.yaml', TINY_SCENARIO.replace('label: loss', 'label: loss, options: { startLatencyUs: 1s }'));
    const { code, stdout } = shell.run(['reproduce', 'out/manifest.json']);
    expect(code).toBe(3);
    expect(stdout).toContain('2 of 4 runs have the digests of out/manifest.json');
    expect(stdout).toMatch(/run \w{12} \(loss, workload\.load=0\.5, seed 3\): digest then \w{16}, now \w{16}; they part at record \d+: now it is start\(0, \d, \d\) at \d+ us/);
    expect(stdout).toMatch(/not as it was:\n {2}scenario file \(SHA-256\): then \w{12}, now \w{12}/);
  });

  it('says so where it is the manifest that was changed, and not its runs', () => {
    shell.write('tiny.yaml', TINY_SCENARIO);
    const whole = shell.read('out/manifest.json');
    shell.write('out/manifest.json', whole.replace(/"digest": "\w{16}"/, '"digest": "0000000000000000"'));
    const { code, stdout } = shell.run(['reproduce', 'out/manifest.json']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/digest then 0000000000000000, now \w{16}; runs\/\w{12}\.json beside the manifest has the digest of now/);
    shell.write('out/manifest.json', whole);
  });

  it('asks for what a manifest does not tell, and for manifests', () => {
    shell.write('elsewhere/tiny.yaml', TINY_SCENARIO);
    shell.run(['run', join(shell.folder, 'elsewhere/tiny.yaml'), '--seeds', '1', '--no-report', '--out', 'moved']);
    const asked = shell.run(['reproduce', 'moved/manifest.json']);
    expect(asked.stderr).toContain('expected --scenario FILE');
    expect(asked.code).toBe(2);
    expect(shell.run(['reproduce', 'moved/manifest.json', '--scenario', 'elsewhere/tiny.yaml']).stdout).toContain('2 of 2 runs');
    expect(shell.run(['reproduce', 'moved/plan.json']).stderr).toContain('no manifest of Seatrial');
  });
});
