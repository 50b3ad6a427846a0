/** For tests: imported, it makes the CPU the default backend. */
import { cpu } from "@dl/backend-cpu";
import { setBackend } from "@dl/tensor";

setBackend(cpu());
