/** Stage of a container. An exited one stays until its supervisor removes it. */
export const ContainerState = { free: 0, pulling: 1, starting: 2, running: 3, exited: 4, /** Image present, held back until it is to start. */ created: 5 } as const;
