// Copies what the compiled package reads besides code (recorded decisions, fonts) from src/ to dist/.
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
cpSync(join(root, 'src'), join(root, 'dist'), { recursive: true, filter: (path) => !/\.(?:ts|cpp)$/.test(path) && !/(?:^|[\\/])(?:testing|bench)(?:[\\/]|$)/.test(path.slice(root.length)) });
