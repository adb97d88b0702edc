use super::*;
use crate::catalogue::Catalogue;
use crate::scripts::{Language, Reader};

const SCRIPT: &str =
    "Connect-MgGraph -Identity\n$id = Get-Id\n    Invoke-MgGraphRequest -Method DELETE -Uri \"/beta/deviceAppManagement/mobileApps/$id\"\n";

fn survey() -> Survey {
    let catalogue = Catalogue::builtin().unwrap();
    let reader = Reader::new(&catalogue);
    let files =
        vec![reader.read("a b/remove.ps1", Language::PowerShell, SCRIPT), reader.read("quiet.ps1", Language::PowerShell, "Get-Date")];
    Survey { files, ..Survey::default() }
}

#[test]
fn the_terminal_shows_the_line_and_marks_the_call() {
    let shown = text(&survey(), false, false);
    assert!(shown.starts_with("error: delete of app with an app-only token, carries no approval: it will be refused"), "{shown}");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1], "   --> a b/remove.ps1:3:5");
    assert!(lines[2].starts_with("   3 | Invoke-MgGraphRequest -Method DELETE"), "{}", lines[2]);
    assert_eq!(lines[3].find('^'), lines[2].find("Invoke"));
    assert_eq!(lines[3].len(), lines[2].len());
    assert!(!shown.contains('\u{1b}') && text(&survey(), true, false).contains("\u{1b}[1;31merror"));
}

#[test]
fn json_lists_every_file() {
    let json: serde_json::Value = serde_json::from_slice(&json(&survey()).unwrap()).unwrap();
    assert_eq!(json["schema"], "v1");
    assert_eq!(json["files"][1]["path"], "quiet.ps1");
    assert_eq!(json["files"][1]["writes"], serde_json::json!([]));
    let write = &json["files"][0]["writes"][0];
    let expected = serde_json::json!({
        "line": 3, "column": 5, "end_line": 3, "workload": "app", "operation": "delete", "method": "DELETE",
        "path_template": "/deviceAppManagement/mobileApps/{id}", "confidence": "resolved", "auth": "app", "approval": "absent",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&write[key], value, "{key}");
    }
}

#[test]
fn sarif_points_to_the_call() {
    let sarif: serde_json::Value = serde_json::from_slice(&sarif(&survey()).unwrap()).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "write-app");
    assert_eq!(result["level"], "error");
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%20b/remove.ps1");
    let line = SCRIPT.lines().nth(2).unwrap();
    assert_eq!(physical["region"], serde_json::json!({"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": line.len() + 1}));
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
}

#[test]
fn a_fix_is_shown_where_it_is_asked_for() {
    let shown = text(&survey(), false, true);
    assert!(shown.contains("     |     Invoke-MgGraphRequest -Method DELETE -Uri $uri -Headers $approval -Body $body"), "{shown}");
    assert!(shown.contains("# $uri: /deviceAppManagement/mobileApps/{id}, as this call has it"));
    assert!(!text(&survey(), false, false).contains("$approval"));
}
