export { ksCritical, ksDistance } from '../../engine/testing/kolmogorov-smirnov.ts';
