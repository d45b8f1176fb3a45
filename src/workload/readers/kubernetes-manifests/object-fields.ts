/**
 * Fields of the objects that the reader knows, by type: `Type = field field:TypeOfField ...`; types with the same fields share a line. A field without a type holds a value, a map of the user's
 * own keys, or something that is not looked into (status). From staging/src/k8s.io/api (core/v1, apps/v1, batch/v1, policy/v1, scheduling/v1, autoscaling/v2), v1.35, with the one field of
 * autoscaling/v1 that v2 lacks, two that old manifests still have (rollbackTo, templateGeneration) and schedulingGroup of v1.36.
 */
const TYPES = `
Deployment = apiVersion kind metadata:ObjectMeta spec:DeploymentSpec status
ObjectMeta = annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels managedFields name namespace ownerReferences:OwnerReference
  resourceVersion selfLink uid
OwnerReference = apiVersion blockOwnerDeletion controller kind name uid
DeploymentSpec = rollbackTo minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit selector:LabelSelector strategy:DeploymentStrategy template:PodTemplateSpec
LabelSelector = matchExpressions:LabelSelectorRequirement matchLabels
LabelSelectorRequirement|NodeSelectorRequirement = key operator values
DeploymentStrategy = rollingUpdate:RollingUpdateDeployment type
RollingUpdateDeployment|RollingUpdateDaemonSet = maxSurge maxUnavailable
PodTemplateSpec = metadata:ObjectMeta spec:PodSpec
PodSpec = activeDeadlineSeconds affinity:Affinity automountServiceAccountToken containers:Container dnsConfig:PodDNSConfig dnsPolicy enableServiceLinks ephemeralContainers:EphemeralContainer
  hostAliases:HostAlias hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets:LocalObjectReference initContainers:Container nodeName nodeSelector os:PodOS overhead
  preemptionPolicy priority priorityClassName readinessGates:PodReadinessGate resourceClaims:PodResourceClaim resources:ResourceRequirements restartPolicy runtimeClassName schedulerName
  schedulingGates:PodSchedulingGate schedulingGroup:PodSchedulingGroup workloadRef:WorkloadReference securityContext:PodSecurityContext serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain
  terminationGracePeriodSeconds tolerations:Toleration topologySpreadConstraints:TopologySpreadConstraint volumes:Volume
Affinity = nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
NodeAffinity = preferredDuringSchedulingIgnoredDuringExecution:PreferredSchedulingTerm requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
PreferredSchedulingTerm = preference:NodeSelectorTerm weight
NodeSelectorTerm = matchExpressions:NodeSelectorRequirement matchFields:NodeSelectorRequirement
NodeSelector = nodeSelectorTerms:NodeSelectorTerm
PodAffinity|PodAntiAffinity = preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm
WeightedPodAffinityTerm = podAffinityTerm:PodAffinityTerm weight
PodAffinityTerm = labelSelector:LabelSelector matchLabelKeys mismatchLabelKeys namespaceSelector:LabelSelector namespaces topologyKey
Container = args command env:EnvVar envFrom:EnvFromSource image imagePullPolicy lifecycle:Lifecycle livenessProbe:Probe name ports:ContainerPort readinessProbe:Probe
  resizePolicy:ContainerResizePolicy resources:ResourceRequirements restartPolicy restartPolicyRules:ContainerRestartRule securityContext:SecurityContext startupProbe:Probe stdin stdinOnce
  terminationMessagePath terminationMessagePolicy tty volumeDevices:VolumeDevice volumeMounts:VolumeMount workingDir
EnvVar = name value valueFrom:EnvVarSource
EnvVarSource = configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
ConfigMapKeySelector|SecretKeySelector = key name optional
ObjectFieldSelector = apiVersion fieldPath
FileKeySelector = key optional path volumeName
ResourceFieldSelector = containerName divisor resource
EnvFromSource = configMapRef:ConfigMapEnvSource prefix secretRef:SecretEnvSource
ConfigMapEnvSource|SecretEnvSource = name optional
Lifecycle = postStart:LifecycleHandler preStop:LifecycleHandler stopSignal
LifecycleHandler = exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
ExecAction = command
HTTPGetAction = host httpHeaders:HTTPHeader path port scheme
HTTPHeader|PodDNSConfigOption|Sysctl = name value
SleepAction = seconds
TCPSocketAction = host port
Probe = exec:ExecAction failureThreshold grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds periodSeconds successThreshold tcpSocket:TCPSocketAction terminationGracePeriodSeconds
  timeoutSeconds
GRPCAction = port service
ContainerPort = containerPort hostIP hostPort name protocol
ContainerResizePolicy = resourceName restartPolicy
ResourceRequirements = claims:ResourceClaim limits requests
ResourceClaim = name request
ContainerRestartRule = action exitCodes:ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes = operator values
SecurityContext = allowPrivilegeEscalation appArmorProfile:AppArmorProfile capabilities:Capabilities privileged procMount readOnlyRootFilesystem runAsGroup runAsNonRoot runAsUser
  seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
AppArmorProfile|SeccompProfile = localhostProfile type
Capabilities = add drop
SELinuxOptions = level role type user
WindowsSecurityContextOptions = gmsaCredentialSpec gmsaCredentialSpecName hostProcess runAsUserName
VolumeDevice = devicePath name
VolumeMount = mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr
PodDNSConfig = nameservers options:PodDNSConfigOption searches
EphemeralContainer = args command env:EnvVar envFrom:EnvFromSource image imagePullPolicy lifecycle:Lifecycle livenessProbe:Probe name ports:ContainerPort readinessProbe:Probe
  resizePolicy:ContainerResizePolicy resources:ResourceRequirements restartPolicy restartPolicyRules:ContainerRestartRule securityContext:SecurityContext startupProbe:Probe stdin stdinOnce
  targetContainerName terminationMessagePath terminationMessagePolicy tty volumeDevices:VolumeDevice volumeMounts:VolumeMount workingDir
HostAlias = hostnames ip
LocalObjectReference|PodOS|PodSchedulingGate = name
PodReadinessGate = conditionType
PodResourceClaim = name resourceClaimName resourceClaimTemplateName
PodSchedulingGroup = podGroupName
PodSecurityContext = appArmorProfile:AppArmorProfile fsGroup fsGroupChangePolicy runAsGroup runAsNonRoot runAsUser seLinuxChangePolicy seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
  supplementalGroups supplementalGroupsPolicy sysctls:Sysctl windowsOptions:WindowsSecurityContextOptions
Toleration = effect key operator tolerationSeconds value
TopologySpreadConstraint = labelSelector:LabelSelector matchLabelKeys maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey whenUnsatisfiable
Volume = awsElasticBlockStore:AWSElasticBlockStoreVolumeSource azureDisk:AzureDiskVolumeSource azureFile:AzureFileVolumeSource cephfs:CephFSVolumeSource cinder:CinderVolumeSource
  configMap:ConfigMapVolumeSource csi:CSIVolumeSource downwardAPI:DownwardAPIVolumeSource emptyDir:EmptyDirVolumeSource ephemeral:EphemeralVolumeSource fc:FCVolumeSource
  flexVolume:FlexVolumeSource flocker:FlockerVolumeSource gcePersistentDisk:GCEPersistentDiskVolumeSource gitRepo:GitRepoVolumeSource glusterfs:GlusterfsVolumeSource hostPath:HostPathVolumeSource
  image:ImageVolumeSource iscsi:ISCSIVolumeSource name nfs:NFSVolumeSource persistentVolumeClaim:PersistentVolumeClaimVolumeSource photonPersistentDisk:PhotonPersistentDiskVolumeSource
  portworxVolume:PortworxVolumeSource projected:ProjectedVolumeSource quobyte:QuobyteVolumeSource rbd:RBDVolumeSource scaleIO:ScaleIOVolumeSource secret:SecretVolumeSource
  storageos:StorageOSVolumeSource vsphereVolume:VsphereVirtualDiskVolumeSource
AWSElasticBlockStoreVolumeSource = fsType partition readOnly volumeID
AzureDiskVolumeSource = cachingMode diskName diskURI fsType kind readOnly
AzureFileVolumeSource = readOnly secretName shareName
CephFSVolumeSource = monitors path readOnly secretFile secretRef:LocalObjectReference user
CinderVolumeSource = fsType readOnly secretRef:LocalObjectReference volumeID
ConfigMapVolumeSource = defaultMode items:KeyToPath name optional
KeyToPath = key mode path
CSIVolumeSource = driver fsType nodePublishSecretRef:LocalObjectReference readOnly volumeAttributes
DownwardAPIVolumeSource = defaultMode items:DownwardAPIVolumeFile
DownwardAPIVolumeFile = fieldRef:ObjectFieldSelector mode path resourceFieldRef:ResourceFieldSelector
EmptyDirVolumeSource = medium sizeLimit
EphemeralVolumeSource = volumeClaimTemplate:PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate = metadata:ObjectMeta spec:PersistentVolumeClaimSpec
PersistentVolumeClaimSpec = accessModes dataSource:TypedLocalObjectReference dataSourceRef:TypedObjectReference resources:VolumeResourceRequirements selector:LabelSelector storageClassName
  volumeAttributesClassName volumeMode volumeName
TypedLocalObjectReference = apiGroup kind name
TypedObjectReference = apiGroup kind name namespace
VolumeResourceRequirements = limits requests
FCVolumeSource = fsType lun readOnly targetWWNs wwids
FlexVolumeSource = driver fsType options readOnly secretRef:LocalObjectReference
FlockerVolumeSource = datasetName datasetUUID
GCEPersistentDiskVolumeSource = fsType partition pdName readOnly
GitRepoVolumeSource = directory repository revision
GlusterfsVolumeSource = endpoints path readOnly
HostPathVolumeSource = path type
ImageVolumeSource = pullPolicy reference
ISCSIVolumeSource = chapAuthDiscovery chapAuthSession fsType initiatorName iqn iscsiInterface lun portals readOnly secretRef:LocalObjectReference targetPortal
NFSVolumeSource = path readOnly server
PersistentVolumeClaimVolumeSource = claimName readOnly
PhotonPersistentDiskVolumeSource = fsType pdID
PortworxVolumeSource = fsType readOnly volumeID
ProjectedVolumeSource = defaultMode sources:VolumeProjection
VolumeProjection = clusterTrustBundle:ClusterTrustBundleProjection configMap:ConfigMapProjection downwardAPI:DownwardAPIProjection podCertificate:PodCertificateProjection secret:SecretProjection
  serviceAccountToken:ServiceAccountTokenProjection
ClusterTrustBundleProjection = labelSelector:LabelSelector name optional path signerName
ConfigMapProjection|SecretProjection = items:KeyToPath name optional
DownwardAPIProjection = items:DownwardAPIVolumeFile
PodCertificateProjection = certificateChainPath credentialBundlePath keyPath keyType maxExpirationSeconds signerName userAnnotations
ServiceAccountTokenProjection = audience expirationSeconds path
QuobyteVolumeSource = group readOnly registry tenant user volume
RBDVolumeSource = fsType image keyring monitors pool readOnly secretRef:LocalObjectReference user
ScaleIOVolumeSource = fsType gateway protectionDomain readOnly secretRef:LocalObjectReference sslEnabled storageMode storagePool system volumeName
SecretVolumeSource = defaultMode items:KeyToPath optional secretName
StorageOSVolumeSource = fsType readOnly secretRef:LocalObjectReference volumeName volumeNamespace
VsphereVirtualDiskVolumeSource = fsType storagePolicyID storagePolicyName volumePath
ReplicaSet = apiVersion kind metadata:ObjectMeta spec:ReplicaSetSpec status
ReplicaSetSpec = minReadySeconds replicas selector:LabelSelector template:PodTemplateSpec
ReplicationController = apiVersion kind metadata:ObjectMeta spec:ReplicationControllerSpec status
ReplicationControllerSpec = minReadySeconds replicas selector template:PodTemplateSpec
StatefulSet = apiVersion kind metadata:ObjectMeta spec:StatefulSetSpec status
StatefulSetSpec = minReadySeconds ordinals:StatefulSetOrdinals persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy podManagementPolicy replicas
  revisionHistoryLimit selector:LabelSelector serviceName template:PodTemplateSpec updateStrategy:StatefulSetUpdateStrategy volumeClaimTemplates:PersistentVolumeClaim
StatefulSetOrdinals = start
StatefulSetPersistentVolumeClaimRetentionPolicy = whenDeleted whenScaled
StatefulSetUpdateStrategy = rollingUpdate:RollingUpdateStatefulSetStrategy type
RollingUpdateStatefulSetStrategy = maxUnavailable partition
PersistentVolumeClaim = apiVersion kind metadata:ObjectMeta spec:PersistentVolumeClaimSpec status:PersistentVolumeClaimStatus
PersistentVolumeClaimStatus = accessModes allocatedResourceStatuses allocatedResources capacity conditions:PersistentVolumeClaimCondition currentVolumeAttributesClassName
  modifyVolumeStatus:ModifyVolumeStatus phase
PersistentVolumeClaimCondition = lastProbeTime lastTransitionTime message reason status type
ModifyVolumeStatus = status targetVolumeAttributesClassName
DaemonSet = apiVersion kind metadata:ObjectMeta spec:DaemonSetSpec status
DaemonSetSpec = templateGeneration minReadySeconds revisionHistoryLimit selector:LabelSelector template:PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy
DaemonSetUpdateStrategy = rollingUpdate:RollingUpdateDaemonSet type
Job = apiVersion kind metadata:ObjectMeta spec:JobSpec status
JobSpec = activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector maxFailedIndexes parallelism podFailurePolicy:PodFailurePolicy
  podReplacementPolicy selector:LabelSelector successPolicy:SuccessPolicy suspend template:PodTemplateSpec ttlSecondsAfterFinished
PodFailurePolicy = rules:PodFailurePolicyRule
PodFailurePolicyRule = action onExitCodes:PodFailurePolicyOnExitCodesRequirement onPodConditions:PodFailurePolicyOnPodConditionsPattern
PodFailurePolicyOnExitCodesRequirement = containerName operator values
PodFailurePolicyOnPodConditionsPattern = status type
SuccessPolicy = rules:SuccessPolicyRule
SuccessPolicyRule = succeededCount succeededIndexes
CronJob = apiVersion kind metadata:ObjectMeta spec:CronJobSpec status
CronJobSpec = concurrencyPolicy failedJobsHistoryLimit jobTemplate:JobTemplateSpec schedule startingDeadlineSeconds successfulJobsHistoryLimit suspend timeZone
JobTemplateSpec = metadata:ObjectMeta spec:JobSpec
Pod = apiVersion kind metadata:ObjectMeta spec:PodSpec status
PodDisruptionBudget = apiVersion kind metadata:ObjectMeta spec:PodDisruptionBudgetSpec status
PodDisruptionBudgetSpec = maxUnavailable minAvailable selector:LabelSelector unhealthyPodEvictionPolicy
HorizontalPodAutoscaler = apiVersion kind metadata:ObjectMeta spec:HorizontalPodAutoscalerSpec status
HorizontalPodAutoscalerSpec = targetCPUUtilizationPercentage behavior:HorizontalPodAutoscalerBehavior maxReplicas metrics:MetricSpec minReplicas scaleTargetRef:CrossVersionObjectReference
HorizontalPodAutoscalerBehavior = scaleDown:HPAScalingRules scaleUp:HPAScalingRules
HPAScalingRules = policies:HPAScalingPolicy selectPolicy stabilizationWindowSeconds tolerance
HPAScalingPolicy = periodSeconds type value
MetricSpec = containerResource:ContainerResourceMetricSource external:ExternalMetricSource object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type
ContainerResourceMetricSource = container name target:MetricTarget
MetricTarget = averageUtilization averageValue type value
ExternalMetricSource|PodsMetricSource = metric:MetricIdentifier target:MetricTarget
MetricIdentifier = name selector:LabelSelector
ObjectMetricSource = describedObject:CrossVersionObjectReference metric:MetricIdentifier target:MetricTarget
CrossVersionObjectReference = apiVersion kind name
ResourceMetricSource = name target:MetricTarget
Service = apiVersion kind metadata:ObjectMeta spec:ServiceSpec status
ServiceSpec = allocateLoadBalancerNodePorts clusterIP clusterIPs externalIPs externalName externalTrafficPolicy healthCheckNodePort internalTrafficPolicy ipFamilies ipFamilyPolicy
  loadBalancerClass loadBalancerIP loadBalancerSourceRanges ports:ServicePort publishNotReadyAddresses selector sessionAffinity sessionAffinityConfig:SessionAffinityConfig trafficDistribution
  type
ServicePort = appProtocol name nodePort port protocol targetPort
SessionAffinityConfig = clientIP:ClientIPConfig
ClientIPConfig = timeoutSeconds
ResourceQuota = apiVersion kind metadata:ObjectMeta spec:ResourceQuotaSpec status
ResourceQuotaSpec = hard scopeSelector:ScopeSelector scopes
ScopeSelector = matchExpressions:ScopedResourceSelectorRequirement
ScopedResourceSelectorRequirement = operator scopeName values
PriorityClass = apiVersion description globalDefault kind metadata:ObjectMeta preemptionPolicy value
WorkloadReference = name podGroup podGroupReplicaKey
`;

/** The fields of one type, each with the type of what it holds; '' = not looked into. */
export type ObjectFields = ReadonlyMap<string, string>;

let types: Map<string, ObjectFields> | undefined;

/** Fields of a type; undefined = it is not known. */
export function fieldsOf(type: string): ObjectFields | undefined {
  types ??= parsed();
  return types.get(type);
}

function parsed(): Map<string, ObjectFields> {
  const found = new Map<string, ObjectFields>();
  for (const line of TYPES.trim().replaceAll('\n  ', ' ').split('\n')) {
    const [names, fields] = line.split(' = ') as [string, string];
    const byName = new Map(fields.split(' ').map((field) => field.split(':') as [string, string?]).map(([name, type]) => [name, type ?? ''] as const));
    for (const name of names.split('|')) found.set(name, byName);
  }
  return found;
}
