use super::super::Language::{PowerShell, Python, TypeScript};
use super::super::testing::found;

#[test]
fn the_line_is_that_of_the_call_that_says_what() {
    let script = "function Send($path, $verb) {\n  irm \"https://graph.microsoft.com/beta/$path\" -Method $verb\n}\nSend 'deviceAppManagement/mobileApps' 'POST'\nSend \"deviceManagement/roleDefinitions/$id\" 'DELETE'\n";
    assert_eq!(found(PowerShell, script), ["4 app create resolved", "5 role delete resolved"]);
    let fixed = "function Drop($id) {\n  irm \"https://graph.microsoft.com/beta/deviceAppManagement/mobileApps/$id\" -Method Delete\n}\nDrop 1\nDrop $x\n";
    assert_eq!(found(PowerShell, fixed), ["2 app delete resolved"]);
}

#[test]
fn arguments_settle_conditions_and_constants_do_not() {
    let script = "function Call([switch] $Write) {\n  $m = 'GET'\n  if ($Write) { $m = 'POST' }\n  irm 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps' -Method $m\n}\n";
    assert_eq!(found(PowerShell, &format!("{script}Call\n")), Vec::<String>::new());
    assert_eq!(found(PowerShell, &format!("{script}Call -Write\n")).len(), 1);
    let constant = "$dry = $true\nif (-not $dry) { irm 'https://graph.microsoft.com/beta/deviceAppManagement/mobileApps' -Method Post }\n";
    assert_eq!(found(PowerShell, constant), ["2 app create resolved"]);
}

#[test]
fn recursion_and_functions_that_nobody_calls_are_followed_once() {
    let script = "function A($n) { B $n }\nfunction B($n) { A $n; irm \"https://graph.microsoft.com/beta/deviceManagement/managedDevices/$n/wipe\" -Method Post }\n";
    assert_eq!(found(PowerShell, script), ["2 deviceWipe wipe resolved"]);
}

#[test]
fn fields_that_a_later_method_sets_are_known_in_an_earlier_one() {
    let script = "class A:\n    def go(self):\n        requests.delete(self.base + '/' + self.key)\n    def __init__(self):\n        self.base = 'https://graph.microsoft.com/v1.0/deviceManagement/managedDevices'\n";
    assert_eq!(found(Python, script), ["3 deviceDelete delete guessed"]);
}

#[test]
fn a_dispatcher_whose_targets_are_open_is_told_as_such() {
    let script = "irm \"https://graph.microsoft.com/beta/deviceManagement/$kind/$id\" -Method Delete\n";
    let reader = super::super::Reader::new(super::super::testing::catalogue());
    let file = reader.read("x", PowerShell, script);
    assert_eq!(file.writes, []);
    assert_eq!(file.problems.iter().map(|problem| problem.kind.word()).collect::<Vec<_>>(), ["untold-target"]);
}

#[test]
fn code_that_is_kept_in_a_map_is_looked_at() {
    let script =
        "const handlers = {\n  drop: async (id) => {\n    await client.delete(`/deviceAppManagement/mobileApps/${id}`);\n  },\n};\n";
    assert_eq!(found(TypeScript, script), ["3 app delete guessed"]);
}
