<#
.SYNOPSIS
    Keeps devices of site #1 in order.
.DESCRIPTION
    Reads what is there, compares it with what should be there, and writes down what it changed.
.PARAMETER Site
    The site.
#>
[CmdletBinding(SupportsShouldProcess)]
param(
    [Parameter(Mandatory)][string]$Site,
    [ValidateSet('beta', 'v1.0')][string]$Version = 'beta',
    [string]$LogPath = "$env:TEMP\job-#2.log",
    [switch]$Force
)

$ErrorActionPreference = 'Stop'
$graph = 'https://graph.microsoft.com'
$tenant = $env:TENANT_ID
$results = @()

