//! Terraform: what resources and actions of the Microsoft 365 provider stand for, and addresses in the blocks of providers that
//! take any. `data` only reads. The blocks are found by their heads; strings, comments and heredocs are passed over.

use super::super::ir::{Argument, Call, Expr, Program, Span, Stmt, name, text};

/// Reads a configuration.
pub(in super::super) fn read(source: &str) -> Program {
    let mut program = Program::default();
    let mut blocks = Blocks { source, at: 0, comments: Vec::new() };
    while let Some(block) = blocks.next_block() {
        if let Some(call) = written(&block) {
            program.body.push(Stmt::Expr(call));
        }
    }
    program.comments = blocks.comments;
    program
}

/// A block at the top of a file.
struct Block<'t> {
    kind: &'t str,
    resource: &'t str,
    head: Span,
    attributes: Vec<(&'t str, &'t str)>,
}

/// The request that a block makes when it is applied.
fn written(block: &Block<'_>) -> Option<Expr> {
    let (method, url) = match block.kind {
        "resource" => match by_name(block.resource) {
            Some(path) => ("POST", path.to_owned()),
            None => addressed(block)?,
        },
        "action" => action(block.resource)?,
        _ => return None,
    };
    let arguments = vec![Argument::named("method", text(method)), Argument::named("uri", text(&url))];
    // The name is one of those that are known to send.
    Some(Expr::Call(Box::new(Call { callee: name("az rest"), arguments, input: None, span: block.head })))
}

/// The path of a resource type of the Microsoft 365 provider.
fn by_name(resource: &str) -> Option<&'static str> {
    let object = resource.strip_prefix("microsoft365_")?;
    let object = object.strip_prefix("graph_").unwrap_or(object);
    let object = object.strip_prefix("beta_").or_else(|| object.strip_prefix("v1_")).unwrap_or(object);
    if let Some(app) = object.strip_prefix("device_and_app_management_") {
        return app_object(app);
    }
    device_object(object.strip_prefix("device_management_")?)
}

fn app_object(object: &str) -> Option<&'static str> {
    Some(match object {
        "role_definition" => "/deviceManagement/roleDefinitions",
        "role_assignment" => "/deviceManagement/roleAssignments",
        "operation_approval_policy" => "/deviceManagement/operationApprovalPolicies",
        "mobile_app_assignment" => "/deviceAppManagement/mobileApps/\0/assignments",
        "mobile_app_supersedence" | "mobile_app_dependency" | "mobile_app_relationship" => {
            "/deviceAppManagement/mobileApps/\0/updateRelationships"
        }
        _ if object.contains("managed_mobile_app") => return None,
        _ if object.ends_with("_app") || object.ends_with("_web_clip") => "/deviceAppManagement/mobileApps",
        _ => return None,
    })
}

fn device_object(object: &str) -> Option<&'static str> {
    Some(match object {
        "role_definition" => "/deviceManagement/roleDefinitions",
        "role_assignment" | "role_definition_assignment" => "/deviceManagement/roleAssignments",
        "device_category" => "/deviceManagement/deviceCategories",
        "operation_approval_policy" => "/deviceManagement/operationApprovalPolicies",
        "windows_platform_script" => "/deviceManagement/deviceManagementScripts",
        "windows_remediation_script" => "/deviceManagement/deviceHealthScripts",
        "macos_platform_script" => "/deviceManagement/deviceShellScripts",
        "macos_custom_attribute_script" => "/deviceManagement/deviceCustomAttributeShellScripts",
        // Intune keeps scripts for Linux as settings catalog policies.
        "linux_platform_script" => "/deviceManagement/configurationPolicies",
        "reuseable_policy_setting" | "reusable_policy_setting" | "reuseable_policy_settings" => "/deviceManagement/reusablePolicySettings",
        "group_policy_configuration" | "group_policy_definition" | "group_policy_boolean_value" | "group_policy_text_value" => {
            "/deviceManagement/groupPolicyConfigurations"
        }
        "windows_custom_configuration"
        | "macos_device_configuration_templates"
        | "windows_update_ring"
        | "macos_software_update_configuration"
        | "device_configuration_assignment" => "/deviceManagement/deviceConfigurations",
        _ if object.ends_with("_compliance_script") => "/deviceManagement/deviceComplianceScripts",
        _ if object.ends_with("_compliance_policy") => "/deviceManagement/deviceCompliancePolicies",
        _ if object.starts_with("settings_catalog")
            || object.starts_with("endpoint_security")
            || object.starts_with("app_control_for_business") =>
        {
            "/deviceManagement/configurationPolicies"
        }
        "endpoint_privilege_management" | "endpoint_privilege_management_json" => "/deviceManagement/configurationPolicies",
        _ => return None,
    })
}

fn action(resource: &str) -> Option<(&'static str, String)> {
    let (_, action) = resource.rsplit_once("managed_device_")?;
    match action {
        "wipe" | "retire" | "deprovision" => Some(("POST", format!("/deviceManagement/managedDevices/\0/{action}"))),
        "delete" => Some(("DELETE", "/deviceManagement/managedDevices/\0".to_owned())),
        _ => None,
    }
}

/// A resource of a provider that takes any address: `msgraph_resource`, `restapi_object`, `restful_resource`.
fn addressed(block: &Block<'_>) -> Option<(&'static str, String)> {
    let any = ["msgraph_resource", "restapi_object", "restful_resource", "restful_operation", "terracurl_request", "http_request"];
    any.iter().find(|known| block.resource.starts_with(**known))?;
    let find = |names: &[&str]| block.attributes.iter().find(|(key, _)| names.contains(key)).map(|(_, value)| *value);
    let url = find(&["url", "path", "resource_url", "uri"])?;
    let action = find(&["action"]).map(|action| format!("/{action}")).unwrap_or_default();
    let method = match find(&["method", "create_method"]).map(str::to_ascii_uppercase).as_deref() {
        Some("PATCH") => "PATCH",
        Some("PUT") => "PUT",
        Some("DELETE") => "DELETE",
        Some("GET" | "HEAD") => return None,
        _ => "POST",
    };
    Some((method, format!("{}{action}", url.replace("${", "{"))))
}

struct Blocks<'t> {
    source: &'t str,
    at: usize,
    comments: Vec<Span>,
}

impl<'t> Blocks<'t> {
    /// The next block at the top level, with the plain attributes in it.
    fn next_block(&mut self) -> Option<Block<'t>> {
        loop {
            let start = self.word_start()?;
            let kind = self.word();
            let mut labels: Vec<&'t str> = Vec::new();
            loop {
                self.spaces();
                match self.peek() {
                    Some(b'"') => labels.push(self.string()),
                    Some(b'{') => {
                        let head = Span { start, end: self.at };
                        let attributes = self.inside();
                        let head =
                            Span { start: head.start, end: self.source.get(..head.end).map_or(head.end, |front| front.trim_end().len()) };
                        if let Some(resource) = labels.first() {
                            return Some(Block { kind, resource, head, attributes });
                        }
                        break;
                    }
                    Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => {
                        self.word();
                    }
                    _ => {
                        // An attribute, or something that is not understood: past its line.
                        self.rest_of_line();
                        break;
                    }
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(|byte| byte == b' ' || byte == b'\t') {
            self.at += 1;
        }
    }

    fn word(&mut self) -> &'t str {
        let length =
            self.rest().find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-')).unwrap_or(self.rest().len());
        let word = self.rest().get(..length).unwrap_or("");
        self.at += length;
        word
    }

    /// To the next word at this level; what stands between is passed over.
    fn word_start(&mut self) -> Option<usize> {
        loop {
            let byte = self.peek()?;
            if byte.is_ascii_alphabetic() || byte == b'_' {
                return Some(self.at);
            }
            if !self.pass() {
                self.step();
            }
        }
    }

    fn step(&mut self) {
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    fn rest_of_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            if !self.pass() {
                self.step();
            }
        }
    }

    /// Passes over a comment, a string or a heredoc; false if none begins here.
    fn pass(&mut self) -> bool {
        let rest = self.rest();
        let start = self.at;
        let comment = if rest.starts_with('#') || rest.starts_with("//") {
            Some(rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            Some(rest.find("*/").map_or(rest.len(), |end| end + 2))
        } else {
            None
        };
        if let Some(length) = comment {
            self.at += length;
            self.comments.push(Span { start, end: self.at });
            return true;
        }
        if rest.starts_with('"') {
            self.string();
            return true;
        }
        if let Some(head) = rest.strip_prefix("<<") {
            let label = head.trim_start_matches('-').split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or("");
            if !label.is_empty() {
                let end = rest
                    .match_indices('\n')
                    .find(|(at, _)| rest.get(at + 1..).and_then(|line| line.lines().next()).is_some_and(|line| line.trim() == label));
                self.at += end.map_or(rest.len(), |(at, _)| at + 1);
                self.rest_after_label(label);
                return true;
            }
        }
        false
    }

    fn rest_after_label(&mut self, label: &str) {
        if let Some(at) = self.rest().find(label) {
            self.at += at + label.len();
        }
    }

    /// A string, its quotes taken off. Quotes in `${…}` belong to it.
    fn string(&mut self) -> &'t str {
        let bytes = self.source.as_bytes();
        let start = self.at + 1;
        let (mut at, mut depth) = (start, 0_usize);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    depth += 1;
                    at += 1;
                }
                b'}' => depth = depth.saturating_sub(1),
                b'"' if depth == 0 => break,
                b'\n' if depth == 0 => break,
                _ => {}
            }
            at += 1;
        }
        let inside = self.source.get(start..at.min(bytes.len())).unwrap_or("");
        self.at = (at + 1).min(bytes.len());
        while !self.source.is_char_boundary(self.at) {
            self.at += 1;
        }
        inside
    }

    /// Passes over a block in braces; gives the attributes with a plain string that stand anywhere in it.
    fn inside(&mut self) -> Vec<(&'t str, &'t str)> {
        let mut attributes = Vec::new();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        break;
                    }
                }
                byte if byte.is_ascii_alphabetic() => {
                    let key = self.word();
                    self.spaces();
                    if self.peek() == Some(b'=') && self.rest().get(1..2) != Some("=") {
                        self.at += 1;
                        self.spaces();
                        if self.peek() == Some(b'"') {
                            attributes.push((key, self.string()));
                        }
                    }
                    continue;
                }
                _ => {}
            }
            if !self.pass() {
                self.step();
            }
        }
        attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads(source: &str) -> Vec<String> {
        let mut blocks = Blocks { source, at: 0, comments: Vec::new() };
        std::iter::from_fn(|| blocks.next_block()).map(|block| format!("{} {}", block.kind, block.resource)).collect()
    }

    #[test]
    fn blocks_are_found_past_comments_strings_and_heredocs() {
        let source = "# resource \"a\" \"b\" {\n/* resource \"c\" {} */\nresource \"d\" \"e\" {\n  x = \"}\"\n  y = <<EOT\n}\nresource \"f\" \"g\" {\nEOT\n  z { w = \"${a(\"}\")}\" }\n}\ndata \"h\" \"i\" {}\nlocals { a = 1 }\n";
        assert_eq!(heads(source), ["resource d", "data h"]);
    }

    #[test]
    fn nothing_hangs_on_broken_text() {
        for source in ["resource \"a", "resource {", "}}}}", "a = <<", "\"", "resource \"a\" \"b\" {{{", "é\"é", "x = \"${", "/*"] {
            heads(source);
        }
    }

    #[test]
    fn resource_types_lead_to_paths() {
        for (resource, path) in [
            ("microsoft365_graph_beta_device_and_app_management_win32_app", Some("/deviceAppManagement/mobileApps")),
            ("microsoft365_graph_beta_device_and_app_management_application_category", None),
            ("microsoft365_graph_beta_device_and_app_management_ios_managed_mobile_app", None),
            (
                "microsoft365_graph_beta_device_management_windows_device_compliance_policy",
                Some("/deviceManagement/deviceCompliancePolicies"),
            ),
            ("microsoft365_graph_beta_device_management_assignment_filter", None),
            ("microsoft365_graph_beta_device_management_role_scope_tag", None),
            ("microsoft365_graph_beta_device_management_settings_catalog_template_json", Some("/deviceManagement/configurationPolicies")),
            ("azurerm_resource_group", None),
        ] {
            assert_eq!(by_name(resource), path, "{resource}");
        }
    }
}
