//! The code that a call lacks, to be shown: nothing writes it into a file.

use crate::scripts::{Expectation, Language, ScriptFile, ScriptWrite};

/// What to put in place of a call, line by line; None where there is nothing to put right, or in a language without a preview.
pub(super) fn preview(file: &ScriptFile, write: &ScriptWrite) -> Option<String> {
    if write.expectation() < Expectation::MayBeRefused || write.through.is_some() {
        return None;
    }
    let lines = match file.language {
        Language::PowerShell => POWERSHELL,
        Language::Python => PYTHON,
        _ => return None,
    };
    let method = if write.method == "*" { "POST" } else { &write.method };
    Some(lines.replace("{METHOD}", method).replace("{method}", &method.to_ascii_lowercase()).replace("{path}", &write.path_template))
}

const POWERSHELL: &str = r"# $uri: {path}, as this call has it; $body: the same both times
# first run: asks for approval and keeps the code; second run, once approved: sends the code instead
if ($ApprovalCode) {
    $approval = @{ 'x-msft-approval-code' = $ApprovalCode }
} else {
    $reason = [Text.Encoding]::UTF8.GetBytes('why this is needed, at most 1,024 characters')
    $approval = @{ 'x-msft-approval-justification' = [Convert]::ToBase64String($reason) }
}
try {
    Invoke-MgGraphRequest -Method {METHOD} -Uri $uri -Headers $approval -Body $body
} catch {
    if ([int]$_.Exception.Response.StatusCode -ne 412) { throw }
    $code = @($_.Exception.Response.Headers.GetValues('x-msft-approval-code'))[0]
    Write-Output ('waiting for approval; run again with -ApprovalCode {0}' -f $code)
}";

const PYTHON: &str = r#"# url: {path}, as this call has it; body: the same both times
# first run: asks for approval and keeps the code; second run, once approved: sends the code instead
if approval_code:
    approval = {"x-msft-approval-code": approval_code}
else:
    reason = "why this is needed, at most 1,024 characters"
    approval = {"x-msft-approval-justification": base64.b64encode(reason.encode("utf-8")).decode("ascii")}
response = requests.{method}(url, headers={**headers, **approval}, json=body)
if response.status_code == 412:
    print("waiting for approval; run again with code", response.headers["x-msft-approval-code"])
else:
    response.raise_for_status()"#;
