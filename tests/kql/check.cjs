// Holds queries and commands against Microsoft's own grammar of the Kusto Query Language, with the columns of the tables.
// Arguments: the folder of node_modules, then files of queries. Prints one line for each thing that is wrong.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [modules, ...files] = process.argv.slice(2);
const library = path.join(modules, "@kusto", "language-service-next");
for (const name of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  vm.runInThisContext(fs.readFileSync(path.join(library, name), "utf8"), { filename: name });
}
const language = globalThis.Kusto.Language;
const { TableSymbol, ExternalTableSymbol, DatabaseSymbol } = language.Symbols;

// As in the reference of Azure Monitor; the last ones as an event hub or an export fills them.
const SCHEMA = {
  MicrosoftGraphActivityLogs:
    "(AadTenantId:string, ApiVersion:string, AppId:string, ClientAuthMethod:int, ClientRequestId:string, DeviceId:string, DurationMs:int, IdentityProvider:string, IPAddress:string, Location:string, OperationId:string, RequestId:string, RequestMethod:string, RequestUri:string, ResponseSizeBytes:int, ResponseStatusCode:int, Roles:string, Scopes:string, ServicePrincipalId:string, SessionId:string, SignInActivityId:string, SourceSystem:string, TenantId:string, TimeGenerated:datetime, TokenIssuedAt:datetime, Type:string, UniqueTokenId:string, UserAgent:string, UserId:string, Wids:string)",
  AADServicePrincipalSignInLogs:
    "(AppId:string, Category:string, ConditionalAccessStatus:string, CorrelationId:string, FederatedCredentialId:string, Id:string, IPAddress:string, Location:string, ResourceDisplayName:string, ResourceIdentity:string, ResultType:string, ServicePrincipalCredentialKeyId:string, ServicePrincipalCredentialThumbprint:string, ServicePrincipalId:string, ServicePrincipalName:string, TimeGenerated:datetime, UniqueTokenIdentifier:string)",
  AADManagedIdentitySignInLogs:
    "(AppId:string, Category:string, CorrelationId:string, Id:string, IPAddress:string, Location:string, ResourceDisplayName:string, ResourceIdentity:string, ResultType:string, ServicePrincipalCredentialKeyId:string, ServicePrincipalCredentialThumbprint:string, ServicePrincipalId:string, ServicePrincipalName:string, TimeGenerated:datetime, UniqueTokenIdentifier:string)",
  GraphEvents: "(Records:dynamic)",
  GraphRecords: "(category:string, ['time']:datetime, callerIpAddress:string, properties:dynamic)",
};
const EXTERNAL = "(category:string, ['time']:datetime, callerIpAddress:string, resultSignature:string, properties:dynamic, Hour:datetime)";

const symbols = Object.entries(SCHEMA).map(([name, columns]) => TableSymbol.From(columns).WithName(name));
symbols.push(new ExternalTableSymbol.$ctor4("GraphActivity", EXTERNAL, null));
const database = new DatabaseSymbol.$ctor1("logs", symbols);
const globals = language.GlobalState.Default.WithDatabase(database);

let checked = 0;
for (const file of files) {
  const code = language.KustoCode.ParseAndAnalyze(fs.readFileSync(file, "utf8"), globals);
  checked += 1;
  const found = code.GetDiagnostics();
  for (let at = 0; at < found.Count; at += 1) {
    const diagnostic = found.getItem(at);
    console.log(`${path.basename(file)}: ${diagnostic.Severity} ${diagnostic.Code} at ${diagnostic.Start}: ${diagnostic.Message}`);
  }
}
console.error(`checked ${checked}`);
