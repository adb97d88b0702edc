$script:root = 'https://graph.microsoft.com/beta'

function Send-Call {
    param([string] $Verb = 'GET', [string] $Place, $Content)
    $headers = @{ 'x-msft-approval-justification' = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("Change of $Place")) }
    if ($script:code) { $headers['x-msft-approval-code'] = $script:code }
    Send-Raw -Verb $Verb -Address "$script:root/$Place" -Headers $headers -Content $Content
}
