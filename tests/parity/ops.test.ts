import { replayOps } from "./op.ts";

replayOps("ops");
