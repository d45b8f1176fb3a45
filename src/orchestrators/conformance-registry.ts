import type { ConformanceSuite } from './conformance.ts';
import { kubePluginsSuite } from './kubernetes/conformance/kube-plugins-suite.ts';
import { mesosAllocator } from './mesos/conformance/allocator-conformance.ts';
import { marathonConstraints } from './mesos/conformance/marathon-conformance.ts';
import { mesosDrf } from './mesos/conformance/drf-conformance.ts';
import { swarmClassicSuite } from './swarm-classic/conformance-suite.ts';
import { swarmkitSuite } from './swarmkit/conformance-suite.ts';

/** Every suite of recorded decisions. Adding one = its adapter and a line here. */
export const CONFORMANCE_SUITES: readonly ConformanceSuite[] = [swarmClassicSuite, swarmkitSuite, kubePluginsSuite, mesosDrf, mesosAllocator, marathonConstraints];
