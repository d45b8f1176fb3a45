export { nearest, suggestion } from '../engine/nearest.ts';
