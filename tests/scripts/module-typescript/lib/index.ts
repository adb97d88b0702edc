export { send as sendToGraph } from "./send";
